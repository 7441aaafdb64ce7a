package source

import "time"

// A walsender sends every change by itself. Under load each of them would wake
// the reader, and the waking costs both sides more than the bytes do: it halves
// the rate of one-row transactions when server and client share two processors.
// So a reader that is woken all the time naps instead, and finds many frames
// when it looks again. At low rates it does not nap, and no latency is added.
const (
	napWindow = time.Millisecond
	napReads  = 8                      // reads within a window that make it busy
	napTime   = 500 * time.Microsecond // the kernel makes it about a millisecond
	napEnough = 32 << 10               // bytes in one read that show enough had gathered
)

// nap decides when to rest. One goroutine owns it.
type nap struct {
	began time.Time // of the current window
	reads int       // in it
}

// after reports whether to rest, after a read of n bytes at now.
func (p *nap) after(n int, now time.Time) bool {
	if n >= napEnough || now.Sub(p.began) > napWindow {
		*p = nap{began: now}
	}
	p.reads++
	if p.reads < napReads {
		return false
	}
	*p = nap{}
	return true
}
