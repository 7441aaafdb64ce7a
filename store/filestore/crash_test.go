package filestore_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// life is a workload and what was acknowledged of it.
type life struct {
	s     *filestore.Store
	acked map[string]string // contents by name
	maybe string            // the name whose last step may have happened
	then  string            // what it would have led to, or gone
}

const gone = "\x00"

// do runs one step and reports whether it was acknowledged.
func (l *life) do(name, then string, step func() error) bool {
	l.maybe, l.then = name, then
	if step() != nil {
		return false
	}
	if then == gone {
		delete(l.acked, name)
	} else {
		l.acked[name] = then
	}
	l.maybe = ""
	return true
}

func (l *life) create(name, bytes string) bool {
	return l.do(name, bytes, func() error {
		h, err := create(l.s, name, text, store.Change{Bytes: []byte(bytes), Mark: "size", MarkValue: fmt.Sprint(len(bytes))})
		if err == nil {
			h.Release()
		}
		return err
	})
}

func (l *life) append(name, bytes string) bool {
	then := l.acked[name] + bytes
	return l.do(name, then, func() error {
		h, err := l.s.Open(name)
		if err != nil {
			return err
		}
		defer h.Release()
		c := store.Change{Bytes: []byte(bytes), Mark: "size", MarkValue: fmt.Sprint(len(then))}
		return <-stage(func(k store.Completion) (bool, error) { return h.Commit(&c, k) })
	})
}

func (l *life) delete(name string) bool {
	return l.do(name, gone, func() error {
		h, err := l.s.Open(name)
		if err != nil {
			return err
		}
		defer h.Release()
		return <-stage(h.Delete)
	})
}

func (l *life) checkpoint() bool { return l.s.Checkpoint() == nil }

// run plays the workload until something is not acknowledged.
func (l *life) run() bool {
	return l.create("a", "a0 ") && l.append("a", "a1 ") && l.create("b", "b0 ") && l.checkpoint() &&
		l.append("a", "a2 ") && l.delete("b") && l.create("b", "B0 ") && l.append("b", "B1 ") && l.checkpoint() &&
		l.create("c", strings.Repeat("c0 ", 400)) && l.append("a", "a3 ") && l.delete("a") && l.checkpoint() && l.append("c", "c1 ")
}

// TestCrashEverywhere ends the machine at every operation on the disk in turn,
// and asks for everything that was acknowledged by then, on a disk that has what
// was synced, on one that has all, and on some in between.
func TestCrashEverywhere(t *testing.T) {
	for stop := int64(0); ; stop++ {
		disk := newMemFS()
		l, finished := playUntil(disk, stop)
		rng := rand.New(rand.NewPCG(uint64(stop), 7))
		for kept, keep := range map[string]func() bool{
			"synced": func() bool { return false },
			"all":    func() bool { return true },
			"some":   func() bool { return rng.IntN(2) == 0 },
		} {
			checkAfter(t, l, disk.powerCut(keep), fmt.Sprintf("stopped at operation %d, left is %s", stop, kept))
		}
		if finished || t.Failed() {
			return
		}
	}
}

// playUntil plays the workload on a disk that ends after some operations.
func playUntil(disk vfs.FS, stop int64) (*life, bool) {
	var calls atomic.Int64
	fs := &hookFS{FS: disk}
	fs.set(func(op, _ string) error {
		if !changes(op) || calls.Add(1) <= stop {
			return nil
		}
		if calls.Load() == stop+1 {
			return errTorn
		}
		return errKilled
	})
	l := &life{acked: map[string]string{}}
	o := synced(quiet)
	var err error
	if l.s, err = filestore.OpenFS(fs, &o); err != nil {
		return l, false
	}
	finished := l.run()
	l.s.Close()
	return l, finished && calls.Load() <= stop
}

// checkAfter opens what is left, twice, and writes on in between.
func checkAfter(t *testing.T, l *life, disk *memFS, when string) {
	t.Helper()
	for range 2 {
		o := synced(quiet)
		s, err := filestore.OpenFS(disk, &o)
		if err != nil {
			t.Errorf("%s: open: %v", when, err)
			return
		}
		if err := l.check(t, s); err != nil {
			t.Errorf("%s: %v", when, err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: close: %v", when, err)
		}
	}
}

// check compares what is there with what was acknowledged. The step that was not
// is there whole or not at all.
func (l *life) check(t *testing.T, s *filestore.Store) error {
	for _, name := range []string{"a", "b", "c"} {
		got, err := contentAndMark(t, s, name)
		if err != nil {
			return err
		}
		want, ok := l.acked[name]
		if !ok {
			want = gone
		}
		if got != want && !(name == l.maybe && got == l.then) {
			return fmt.Errorf("stream %q: got %.40q, want %.40q", name, got, want)
		}
	}
	return nil
}

// contentAndMark returns a stream's bytes, or gone. Its mark must speak of them.
func contentAndMark(t *testing.T, s *filestore.Store, name string) (string, error) {
	h, err := s.Open(name)
	if err != nil {
		return gone, nil
	}
	defer h.Release()
	got := content(t, s, name)
	if mark := h.Meta().Marks["size"]; mark != fmt.Sprint(len(got)) {
		return got, fmt.Errorf("stream %q has %d bytes and a mark that says %s", name, len(got), mark)
	}
	return got, nil
}
