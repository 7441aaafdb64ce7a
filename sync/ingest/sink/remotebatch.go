package sink

import (
	"bytes"
	"sync/atomic"
)

// remoteBatch sends appends as they are staged, as many at a time as the sink
// allows; beyond that Append waits.
type remoteBatch struct {
	r      *Remote
	staged []<-chan error
}

// NewBatch implements Sink.
func (r *Remote) NewBatch() Batch { return &remoteBatch{r: r} }

// Append implements Batch.
func (b *remoteBatch) Append(a *Append) error {
	r := b.r
	if err := r.ctx.Err(); err != nil {
		return err
	}
	select {
	case r.slots <- struct{}{}:
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
	mine := *a
	mine.Data = bytes.Clone(a.Data)
	t := r.lanes.enter(streamKey + a.Stream)
	done := make(chan error, 1)
	b.staged = append(b.staged, done)
	r.work.Go(func() {
		defer func() { <-r.slots }()
		done <- t.take(r.ctx, true, func(l *lane) error {
			return l.streamOf(r, mine.Stream).append(r.ctx, &mine)
		})
	})
	return nil
}

// Wait implements Batch.
func (b *remoteBatch) Wait() error {
	var first error
	for _, done := range b.staged {
		if err := <-done; first == nil {
			first = err
		}
	}
	b.staged = b.staged[:0]
	return first
}

// limit is a number of bytes that only gets smaller. Many goroutines use it.
type limit struct{ n atomic.Int64 }

func (l *limit) bytes() int { return int(l.n.Load()) }

func (l *limit) lower(to int) {
	for {
		n := l.n.Load()
		if n != 0 && n <= int64(to) || l.n.CompareAndSwap(n, int64(to)) {
			return
		}
	}
}
