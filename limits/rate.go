package limits

import (
	"time"

	"golang.org/x/time/rate"
)

// Rate limits how often something may happen: a steady number of times a
// second, and a burst after a quiet spell. A nil *Rate and the zero value set
// no limit. Its methods may be called at once from many goroutines.
type Rate struct {
	bucket *rate.Limiter
}

// NewRate returns a limit of perSecond requests a second. Up to burst of them
// may come at once; a burst below one means one second's worth. perSecond of
// zero or less means no limit.
func NewRate(perSecond, burst int) *Rate {
	if perSecond <= 0 {
		return &Rate{}
	}
	if burst < 1 {
		burst = perSecond
	}
	return &Rate{bucket: rate.NewLimiter(rate.Limit(perSecond), burst)}
}

// Allow takes one request from the budget and reports whether there was one to
// take. If not, nothing is taken, and retryAfter is how long it lasts until
// there is one again if nobody else comes first; it is more than zero.
func (r *Rate) Allow() (retryAfter time.Duration, ok bool) {
	if r == nil || r.bucket == nil {
		return 0, true
	}
	now := time.Now()
	if r.bucket.AllowN(now, 1) {
		return 0, true
	}
	// Reserving and cancelling would tell the time too, but loses budget when
	// many refused requests do it at once.
	missing := 1 - r.bucket.TokensAt(now)
	wait := time.Duration(missing / float64(r.bucket.Limit()) * float64(time.Second))
	return max(wait, time.Nanosecond), false
}
