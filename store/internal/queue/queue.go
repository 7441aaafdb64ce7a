// Package queue hands staged work from many goroutines to the one that commits
// it, in batches. Start with Queue.
package queue

import (
	"sync"

	"github.com/weirstreams/weir/store"
)

// Queue holds what is staged and not yet taken. Its length is bounded by the
// number of callers, each of whom waits for what it staged. Make one with New.
type Queue[T any] struct {
	wake chan struct{}

	mu     sync.Mutex // guards what follows
	staged []T
	closed bool
}

// New returns an empty queue.
func New[T any]() *Queue[T] { return &Queue[T]{wake: make(chan struct{}, 1)} }

// Wake has an element when there may be something to take.
func (q *Queue[T]) Wake() <-chan struct{} { return q.wake }

// Push adds an element, or returns store.ErrClosed.
func (q *Queue[T]) Push(e T) error {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return store.ErrClosed
	}
	q.addLocked(e)
	return nil
}

// Add is Push for work that follows from other work and is taken up to the end,
// after Close too.
func (q *Queue[T]) Add(e T) {
	q.mu.Lock()
	q.addLocked(e)
}

// addLocked adds an element and gives the lock back.
func (q *Queue[T]) addLocked(e T) {
	q.staged = append(q.staged, e)
	first := len(q.staged) == 1
	q.mu.Unlock()
	if first {
		select {
		case q.wake <- struct{}{}:
		default:
		}
	}
}

// Len returns how many elements are queued.
func (q *Queue[T]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.staged)
}

// Take returns all that is queued and leaves spare, emptied, in its place.
func (q *Queue[T]) Take(spare []T) []T {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.staged
	q.staged = spare[:0]
	return all
}

// Close makes every later Push fail.
func (q *Queue[T]) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}
