package weirproc

import "time"

// Heard is what a log has said of the ingestion when it was written in these pieces.
func Heard(pieces ...string) (streaming time.Time, failure, tail string) {
	l := newLog()
	for _, p := range pieces {
		// It takes everything.
		_, _ = l.Write([]byte(p))
	}
	return l.streamingSince(), l.failure(), l.tail()
}

// Environment is environment.
var Environment = environment
