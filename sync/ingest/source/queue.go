package source

import (
	"context"
	"sync"
	"sync/atomic"
)

// slab is a stretch of the byte stream as it came from the socket. Its reader
// fills it; what it has published is whole messages and never changes again.
type slab struct {
	buf    []byte
	ready  int   // end of what is published; guarded by queue.mu
	sealed bool  // nothing more will be published; guarded by queue.mu
	next   *slab // the following stretch; guarded by queue.mu
}

// queue hands whole messages from one reader to one consumer, without copying
// and without allocating in steady state: the consumer reads the very slabs
// that the reader filled. They meet under the mutex once per batch, where a
// batch is whatever one read of the socket brought.
//
// Memory stays within budget, plus one slab, plus the largest message, plus the slab of
// the large message before it.
type queue struct {
	budget   int64
	slabSize int
	free     sync.Pool // emptied slabs; what a burst leaves goes to the collector

	published atomic.Int64 // bytes, written by the reader
	consumed  atomic.Int64 // bytes, written by the consumer

	mu      sync.Mutex
	held    int64 // bytes of all slabs between reader and consumer
	large   *slab // the last emptied one above slabSize, until one of that size is taken
	end     error // why nothing more comes; set once
	hungry  bool  // the consumer waits on more
	blocked bool  // the reader waits on room
	more    chan struct{}
	room    chan struct{}

	// Owned by the consumer.
	cur        *slab
	pos, limit int
}

// Sizes of slabs, in bytes: large enough for cheap reads, small enough for a
// small budget to hold several.
const (
	maxSlab = 256 << 10
	minSlab = 16 << 10
)

// newQueue returns a queue and the slab that its reader fills first.
func newQueue(budget int64) (*queue, *slab) {
	size := int(min(max(budget/8, minSlab), maxSlab))
	first := &slab{buf: make([]byte, size)}
	return &queue{
		budget:   budget,
		slabSize: size,
		held:     int64(size),
		more:     make(chan struct{}, 1),
		room:     make(chan struct{}, 1),
		cur:      first,
	}, first
}

// skip moves the consumer over the first n bytes, which are no business of
// its. Only before the reader starts.
func (q *queue) skip(n int) {
	q.pos, q.limit = n, n
}

// publish gives the consumer the messages of s that end at ready; they are n
// bytes more than before.
func (q *queue) publish(s *slab, ready, n int) {
	q.published.Add(int64(n))
	q.mu.Lock()
	s.ready = ready
	wake := q.hungry
	q.hungry = false
	q.mu.Unlock()
	if wake {
		q.more <- struct{}{}
	}
}

// grow replaces s, of which everything up to ready is published, by a new slab
// of at least need bytes that begins with the unpublished tail. It waits for
// the consumer if that would go over budget, unless the consumer has nothing
// left to free: a message above the whole budget must pass too.
func (q *queue) grow(s *slab, tail []byte, need int) *slab {
	// Whole slabs, so that messages of about the same size fit the same memory.
	size := max(1, (need+q.slabSize-1)/q.slabSize) * q.slabSize
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.end == nil && q.held+int64(size) > q.budget && q.waiting() > 0 {
		q.blocked = true
		q.mu.Unlock()
		<-q.room
		q.mu.Lock()
	}
	fresh := q.takeLocked(size)
	copy(fresh.buf, tail)
	s.next = fresh
	s.sealed = true
	return fresh
}

// takeLocked returns an empty slab of the given size or more.
func (q *queue) takeLocked(size int) *slab {
	large := q.large
	q.large = nil
	var s *slab
	switch {
	case size == q.slabSize:
		s, _ = q.free.Get().(*slab)
	case large != nil && len(large.buf) >= size:
		s = large
	}
	if s == nil {
		s = &slab{buf: make([]byte, size)}
	}
	q.held += int64(len(s.buf))
	return s
}

// finish says that nothing more will come and why. The consumer still gets
// what was published before. The first reason stays.
func (q *queue) finish(err error) {
	q.mu.Lock()
	if q.end == nil {
		q.end = err
	}
	wake := q.hungry
	q.hungry = false
	q.wakeReaderLocked()
	q.mu.Unlock()
	if wake {
		q.more <- struct{}{}
	}
}

// next returns the next whole message, header included, valid until the
// following call. It ends with the error of finish or of ctx.
func (q *queue) next(ctx context.Context) ([]byte, error) {
	for q.pos == q.limit {
		if err := q.refill(ctx); err != nil {
			return nil, err
		}
	}
	size, err := messageSize(q.cur.buf[q.pos:q.limit])
	if err != nil {
		return nil, err
	}
	msg := q.cur.buf[q.pos : q.pos+size : q.pos+size]
	q.pos += size
	q.consumed.Store(q.consumed.Load() + int64(size))
	return msg, nil
}

// refill waits until there is more to consume.
func (q *queue) refill(ctx context.Context) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		if q.cur.ready > q.pos {
			q.limit = q.cur.ready
			return nil
		}
		if q.cur.sealed {
			q.advanceLocked()
			continue
		}
		if q.end != nil {
			return q.end
		}
		if err := q.sleepLocked(ctx); err != nil {
			return err
		}
	}
}

// sleepLocked waits for publish or finish.
func (q *queue) sleepLocked(ctx context.Context) error {
	q.wakeReaderLocked() // all is consumed: a message above the budget may pass
	q.hungry = true
	q.mu.Unlock()
	defer q.mu.Lock()
	select {
	case <-q.more:
		return nil
	case <-ctx.Done():
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.hungry {
		// The reader has seen us and sends for certain.
		<-q.more
	}
	q.hungry = false
	return ctx.Err()
}

// advanceLocked gives the current slab back and goes to the one after it.
func (q *queue) advanceLocked() {
	old := q.cur
	q.cur, q.pos, q.limit = old.next, 0, 0
	q.held -= int64(len(old.buf))
	*old = slab{buf: old.buf}
	if len(old.buf) == q.slabSize {
		q.free.Put(old)
	} else {
		q.large = old
	}
	q.wakeReaderLocked()
}

// wakeReaderLocked lets a blocked reader look again.
func (q *queue) wakeReaderLocked() {
	if q.blocked {
		q.blocked = false
		q.room <- struct{}{}
	}
}

// waiting is how many published bytes the consumer has not been given.
func (q *queue) waiting() int64 {
	return q.published.Load() - q.consumed.Load()
}
