package postgres_test

import "time"

// pause lets time pass: faults need random moments.
func (l *lab) pause(least, most time.Duration) {
	select {
	case <-time.After(least + time.Duration(l.random.Int64N(int64(most-least)+1))):
	case <-l.t.Context().Done():
	}
}

// killWeir kills the server and starts it again.
func (l *lab) killWeir() {
	l.t.Helper()
	l.weir.Kill()
	l.client.Close() // its connections are dead
	l.weir.Restart()
}
