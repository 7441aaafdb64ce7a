package acidstore_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
)

// TestEverythingAtOnce lets workers live through many short lives of streams and
// their forks, each with names of its own in all shards, while others look at
// everything there is.
func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	const workers = 8
	dir := t.TempDir()
	s := open(t, dir, 4)
	left := make([]map[string]string, workers)
	done := make(chan struct{})
	var working, looking sync.WaitGroup
	for w := range workers {
		working.Go(func() { left[w] = live(t, s, fmt.Sprint("worker ", w)) })
	}
	for _, look := range lookers {
		looking.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := look(t, s); err != nil {
					t.Errorf("look: %v", err)
					return
				}
			}
		})
	}
	working.Wait()
	close(done)
	looking.Wait()
	want := make(map[string]string)
	for _, l := range left {
		maps.Copy(want, l)
	}
	wantContent(t, s, want)
	s = crashed(t, s, dir, 4)
	wantContent(t, s, want)
	wantWhole(t, s)
	closeStore(t, s)
	if log := openLogged(t, dir, 4); log != "" {
		t.Errorf("log of the next start: got %s, want nothing", log)
	}
}

// lookers are what goes on beside the work.
var lookers = []func(*testing.T, *acidstore.Store) error{
	func(t *testing.T, s *acidstore.Store) error {
		return s.Scrub(context.Background(), store.ScrubOptions{Report: func(d store.CorruptionError) { t.Errorf("scrub: %v", &d) }})
	},
	func(_ *testing.T, s *acidstore.Store) error {
		names, err := s.List("", "", 1000)
		for _, name := range names {
			h, err := s.Open(name)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			h.Meta()
			h.Release()
		}
		return err
	},
	func(_ *testing.T, s *acidstore.Store) error {
		_, err := s.Due(store.Never-1, 1000)
		s.Stats()
		return errors.Join(err, s.Health())
	},
	func(_ *testing.T, s *acidstore.Store) error {
		s.Tidy()
		return nil
	},
}

// live makes streams and forks, writes to them, reads them and deletes most. It
// returns what is left.
func live(t *testing.T, s *acidstore.Store, prefix string) map[string]string {
	left := make(map[string]string)
	for i := range 12 {
		name, fork := fmt.Sprint(prefix, "/", i%3), fmt.Sprint(prefix, "/", i%3, "/fork")
		mustCreate(t, s, name, store.Change{Bytes: []byte("0123456789"), Expires: int64(i + 1)})
		left[name] = "0123456789"
		mustFork(t, s, fork, name, 5)
		left[fork] = ""
		for j := range 3 {
			mustAppend(t, s, name, fmt.Sprint(j))
			mustAppend(t, s, fork, fmt.Sprint(i))
			left[name], left[fork] = left[name]+fmt.Sprint(j), left[fork]+fmt.Sprint(i)
		}
		h := mustOpen(t, s, name)
		if b, err := readAll(h); err != nil || string(b) != left[name] {
			t.Errorf("read %q: got %q and error %v, want %q", name, b, err, left[name])
		}
		h.Release()
		if got := refs(t, s, name); got != 1 {
			t.Errorf("forks of %q: got %d, want 1", name, got)
		}
		if i < 9 {
			mustDelete(t, s, fork)
			mustDelete(t, s, name)
			delete(left, fork)
			delete(left, name)
		}
	}
	return left
}
