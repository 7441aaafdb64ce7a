//go:build failpoints

package stall

import (
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/weirstreams/weir/store"
)

// lookEvery is the time between two looks at what is still to be held back.
const lookEvery = 5 * time.Millisecond

// Store returns st, whose changes settle late if WEIR_STALL says so.
func Store(st store.Store) store.Store {
	path := os.Getenv("WEIR_STALL")
	if path == "" {
		return st
	}
	s := &stalling{Store: st, path: path, waiting: make(map[string]int), end: make(chan struct{})}
	s.telling.Go(s.run)
	return s
}

// stalling has one goroutine, which tells what was held back. Close ends it.
type stalling struct {
	store.Store
	path    string
	end     chan struct{} // closed by ended
	ended   sync.Once
	telling sync.WaitGroup

	mu      sync.Mutex
	held    []outcome      // guarded by mu: in the order in which they settled
	waiting map[string]int // guarded by mu: how many of a stream are not told
}

// outcome is what nobody was told yet.
type outcome struct {
	name string
	err  error
	done store.Completion
}

// Create implements store.Store.
func (s *stalling) Create(name string, cfg store.Config, first *store.Change, done store.Completion) (store.Handle, bool, error) {
	h, settled, err := s.Store.Create(name, cfg, first, s.late(name, done))
	if err != nil {
		return nil, false, err
	}
	return s.handle(name, h), settled && s.tell(name, done), nil
}

// Open implements store.Store.
func (s *stalling) Open(name string) (store.Handle, error) {
	h, err := s.Store.Open(name)
	if err != nil {
		return nil, err
	}
	return s.handle(name, h), nil
}

// Close implements store.Store.
func (s *stalling) Close() error {
	err := s.Store.Close()
	s.ended.Do(func() { close(s.end) })
	s.telling.Wait()
	return err
}

// handle hides that a tier takes help: what it helps with would settle only late.
type handle struct {
	store.Handle
	name string
	s    *stalling
}

func (s *stalling) handle(name string, h store.Handle) store.Handle {
	return &handle{Handle: h, name: name, s: s}
}

// Commit implements store.Handle.
func (h *handle) Commit(c *store.Change, done store.Completion) (settled bool, err error) {
	settled, err = h.Handle.Commit(c, h.s.late(h.name, done))
	return settled && h.s.tell(h.name, done), err
}

// Delete implements store.Handle.
func (h *handle) Delete(done store.Completion) (settled bool, err error) {
	settled, err = h.Handle.Delete(h.s.late(h.name, done))
	return settled && h.s.tell(h.name, done), err
}

// late is a completion that passes an outcome on when it may.
func (s *stalling) late(name string, done store.Completion) store.Completion {
	return completion(func(err error) {
		if !s.hold(outcome{name, err, done}) {
			done.Settled(err)
		}
	})
}

type completion func(err error)

// Settled implements store.Completion.
func (c completion) Settled(err error) { c(err) }

// tell reports whether a change that has settled at once may be told of at once.
func (s *stalling) tell(name string, done store.Completion) bool {
	return !s.hold(outcome{name, nil, done})
}

// hold keeps an outcome if its stream stalls, or if others of it are to be told first.
func (s *stalling) hold(o outcome) bool {
	words := s.words()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting[o.name] == 0 && !stalls(words, o.name) {
		return false
	}
	s.waiting[o.name]++
	s.held = append(s.held, o)
	return true
}

// words are the beginnings of names that stall now.
func (s *stalling) words() []string {
	text, err := os.ReadFile(s.path)
	if err != nil {
		return nil
	}
	return strings.Fields(string(text))
}

func stalls(words []string, name string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(name, w) })
}

func (s *stalling) run() {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.end:
			s.release(nil)
			return
		case <-tick.C:
			s.release(s.words())
		}
	}
}

// release tells of what need not be held back any longer. No lock is held meanwhile:
// who commits a change holds one that a completion takes.
func (s *stalling) release(words []string) {
	s.mu.Lock()
	var now, later []outcome
	for _, o := range s.held {
		if stalls(words, o.name) {
			later = append(later, o)
		} else {
			now = append(now, o)
		}
	}
	s.held = later
	s.mu.Unlock()
	for _, o := range now {
		o.done.Settled(o.err)
		s.mu.Lock()
		if s.waiting[o.name]--; s.waiting[o.name] == 0 {
			delete(s.waiting, o.name)
		}
		s.mu.Unlock()
	}
}
