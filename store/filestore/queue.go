package filestore

import (
	"sync"

	"github.com/weirstreams/weir/store"
)

// queue holds what is staged and not yet taken by the committer. Its length is
// bounded by the number of callers, each of whom waits for what it staged.
type queue struct {
	mu      sync.Mutex // guards what follows
	entries []entry
	closed  bool

	// wake has an element when the committer may have something to take.
	wake chan struct{}
}

func (q *queue) init() { q.wake = make(chan struct{}, 1) }

// push adds an entry, or returns store.ErrClosed.
func (q *queue) push(e entry) error {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return store.ErrClosed
	}
	q.entries = append(q.entries, e)
	first := len(q.entries) == 1
	q.mu.Unlock()
	if first {
		select {
		case q.wake <- struct{}{}:
		default:
		}
	}
	return nil
}

// take returns all that is queued and leaves spare, emptied, in its place.
func (q *queue) take(spare []entry) []entry {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.entries
	q.entries = spare[:0]
	return all
}

// close makes every later push fail.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}
