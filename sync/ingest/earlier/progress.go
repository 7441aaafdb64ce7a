package earlier

import (
	"time"

	"github.com/rs/zerolog"
)

const (
	reportEvery = 5 * time.Second
	// lookEvery is how many bytes go by before the clock is looked at.
	lookEvery = 64 << 10
)

// progress logs how far the reading of a stream is. Short readings log nothing.
type progress struct {
	log        zerolog.Logger
	from, tail int64
	now, look  int64 // offsets: of the reading, and of the next look at the clock
	begun      time.Time
	reported   time.Time
}

func (x *Index) progressOf(stream string, from, tail int64) *progress {
	now := time.Now()
	return &progress{
		log:  x.log.With().Str("stream", stream).Logger(),
		from: from, tail: tail, now: from, look: from + lookEvery, begun: now, reported: now,
	}
}

// at tells the progress the offset that has been reached.
func (p *progress) at(offset int64) {
	p.now = offset
	if offset < p.look {
		return
	}
	p.look = offset + lookEvery
	if now := time.Now(); now.Sub(p.reported) >= reportEvery {
		p.reported = now
		p.report("reading a stream for its keys")
	}
}

// end reports that the tail was reached, if anything was reported before.
func (p *progress) end() {
	if p.reported != p.begun {
		p.report("read a stream for its keys")
	}
}

func (p *progress) report(message string) {
	seconds := time.Since(p.begun).Seconds()
	p.log.Info().Int64("offset", p.now).Int64("tail", p.tail).
		Float64("bytes_per_second", float64(p.now-p.from)/max(seconds, 1e-3)).Msg(message)
}
