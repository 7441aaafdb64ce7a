package acidstore

import "sync"

// Committing is how many shards commit at a time. While some wait for the disk
// others use the processor; more of them would leave fewer changes for each
// transaction, and it is transactions that cost. ARCHITECTURE.md has the
// measurements.
const Committing = 4

// maxPassed is how often a shard is passed over by one with a longer queue.
const maxPassed = 8

// turns decides which shards commit. Of those that wait the one with the longest
// queue is next, which makes transactions larger, but none waits for ever.
type turns struct {
	mu      sync.Mutex // guards what follows
	running int
	waiting []*turn       // in the order of their coming
	held    chan struct{} // closed when none runs any more; nil unless held
}

type turn struct {
	sh     *shard
	passed int
	begin  chan struct{}
}

// take returns when the shard may commit. give must follow.
func (t *turns) take(sh *shard) {
	t.mu.Lock()
	if t.running < Committing && t.held == nil {
		t.running++
		t.mu.Unlock()
		return
	}
	w := &turn{sh: sh, begin: make(chan struct{})}
	t.waiting = append(t.waiting, w)
	t.mu.Unlock()
	<-w.begin
}

// give ends the turn of one shard and begins that of another.
func (t *turns) give() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held != nil || len(t.waiting) == 0 {
		t.running--
		if t.held != nil && t.running == 0 {
			close(t.held)
		}
		return
	}
	t.passLocked()
}

// passLocked begins the turn of one that waits.
func (t *turns) passLocked() {
	next := t.next()
	for _, w := range t.waiting[:next] {
		w.passed++
	}
	close(t.waiting[next].begin)
	t.waiting = append(t.waiting[:next], t.waiting[next+1:]...)
}

// hold returns when no shard commits. None begins to before resume, which must
// follow. One holds at a time.
func (t *turns) hold() {
	t.mu.Lock()
	held := make(chan struct{})
	if t.held = held; t.running == 0 {
		close(held)
	}
	t.mu.Unlock()
	<-held
}

// resume lets those commit that have waited.
func (t *turns) resume() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.held = nil
	for ; t.running < Committing && len(t.waiting) > 0; t.running++ {
		t.passLocked()
	}
}

// next is the place of the one whose turn it is.
func (t *turns) next() int {
	if t.waiting[0].passed >= maxPassed {
		return 0
	}
	longest, place := -1, 0
	for i, w := range t.waiting {
		if n := w.sh.queue.Len(); n > longest {
			longest, place = n, i
		}
	}
	return place
}
