package snapshot

import (
	"context"
	"sync"
)

// queue holds the tables that Run has to copy, each once.
type queue struct {
	wake chan struct{} // there may be something

	mu      sync.Mutex // guards what follows
	waiting []Table
	known   map[uint32]bool // tables that wait or are under way
}

func (q *queue) push(t Table) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.know(t) {
		q.waiting = append(q.waiting, t)
		q.poke()
	}
}

// claim keeps a table from being copied until done. It returns false if the table
// waits or is under way.
func (q *queue) claim(t Table) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.know(t)
}

// know notes a table, and returns false if it was known. The caller holds the lock.
func (q *queue) know(t Table) bool {
	if q.known[t.OID] {
		return false
	}
	if q.known == nil {
		q.known = make(map[uint32]bool)
	}
	q.known[t.OID] = true
	return true
}

// pop waits for a table. It is under way until done.
func (q *queue) pop(ctx context.Context) (Table, error) {
	for {
		if t, ok := q.take(); ok {
			return t, nil
		}
		select {
		case <-ctx.Done():
			return Table{}, ctx.Err()
		case <-q.wake:
		}
	}
}

func (q *queue) take() (Table, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return Table{}, false
	}
	t := q.waiting[0]
	q.waiting = q.waiting[1:]
	if len(q.waiting) > 0 {
		q.poke() // others may wait, too
	}
	return t, true
}

func (q *queue) done(t Table) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.known, t.OID)
}

func (q *queue) poke() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}
