package snapshot

import (
	"context"
	"sync"
	"time"
)

// pace bounds a rate over all who ask. The zero value does not.
type pace struct {
	rate int64 // a second

	mu   sync.Mutex // guards next
	next time.Time  // when what was allowed until now is used up
}

// wait returns when n more are allowed. It lets some go first and waits for them
// afterwards, so that n may be larger than what is allowed in a second.
func (p *pace) wait(ctx context.Context, n int) error {
	if p.rate <= 0 || n <= 0 {
		return ctx.Err()
	}
	p.mu.Lock()
	now := time.Now()
	if p.next.Before(now) {
		p.next = now
	}
	p.next = p.next.Add(time.Duration(float64(n) / float64(p.rate) * float64(time.Second)))
	pause := p.next.Sub(now)
	p.mu.Unlock()
	return sleep(ctx, pause)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
