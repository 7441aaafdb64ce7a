package catalogue_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"strings"
	"syscall"
	"testing"

	"github.com/weirstreams/weir/store/filestore/catalogue"
)

// step is one commit of the scenario that all crash tests play.
type step struct {
	root    string
	changes map[string]string
}

// scenario writes, overwrites, deletes, merges, and commits a root alone.
func scenario() ([]step, []state) {
	steps := []step{
		{"r1", numbered("a", 8, "one")},
		{"r2", map[string]string{"a/003": "-", "b": "two"}},
		{"r3", nil},
		{"r4", numbered("a", 4, "four")},
		{"r5", map[string]string{"b": "-", "c": "five"}},
		{"r6", numbered("d", 12, "six")},
		{"r7", map[string]string{"c": "seven"}},
	}
	states := []state{{}}
	for i, s := range steps {
		states = append(states, states[i].with(s.root, s.changes))
	}
	return steps, states
}

// play opens the catalogue and commits the steps until something fails. It
// returns how many commits were acknowledged.
func play(fsys *memFS, steps []step) int {
	c, err := catalogue.Open(fsys, "some/cat", &small)
	if err != nil {
		return 0
	}
	defer c.Close()
	for i, s := range steps {
		if c.Commit(batch(s.changes), []byte(s.root)) != nil {
			return i
		}
	}
	return len(steps)
}

// TestCrash stops the process at every operation in turn, and asks for the last
// acknowledged state, or the one being committed, whole, under three disks: one
// that got everything, one that got only what was synced, and one in between.
func TestCrash(t *testing.T) {
	steps, states := scenario()
	for _, applied := range []bool{false, true} {
		for stop := 0; ; stop++ {
			fsys, calls := newMemFS(), 0
			fsys.hook = func(op, name string) fault {
				calls++
				switch {
				case calls <= stop:
					return fault{}
				case calls == stop+1:
					return fault{errors.New("crash"), applied}
				default:
					return fault{errors.New("crashed"), false}
				}
			}
			acked := play(fsys, steps)
			fsys.hook = nil
			rng := rand.New(rand.NewPCG(uint64(stop), 0))
			for disk, keep := range map[string]func() bool{
				"all":    func() bool { return true },
				"synced": func() bool { return false },
				"some":   func() bool { return rng.IntN(2) == 0 },
			} {
				next := min(acked+1, len(steps))
				if err := reopens(t, fsys.afterCrash(keep), states[acked], states[next]); err != nil {
					t.Fatalf("stopped at call %d, applied %v, disk kept %s: %v", stop, applied, disk, err)
				}
			}
			if calls <= stop {
				if stop < 100 {
					t.Errorf("the scenario took %d calls, want more to fail", stop)
				}
				break
			}
		}
	}
}

// reopens checks that fsys holds one of two states whole, without leftovers,
// and that it goes on from there.
func reopens(t *testing.T, fsys *memFS, older, newer state) error {
	c, err := catalogue.Open(fsys, "some/cat", &small)
	if err != nil {
		return err
	}
	defer c.Close()
	now := older
	if string(c.Root()) == newer.root {
		now = newer
	}
	if d := difference(c, now); d != "" {
		return errors.New(d)
	}
	if d := damages(t, c); len(d) > 0 {
		return fmt.Errorf("damage: %q", d)
	}
	if d := leftovers(fsys, c); d != "" {
		return errors.New(d)
	}
	changes := map[string]string{"after": "crash", "a/001": "-"}
	if err := c.Commit(batch(changes), []byte("after")); err != nil {
		return err
	}
	// A power failure here must not take back what the crash had left.
	c.Close()
	again, err := catalogue.Open(fsys.afterCrash(func() bool { return false }), "some/cat", nil)
	if err != nil {
		return err
	}
	defer again.Close()
	if d := difference(again, now.with("after", changes)); d != "" {
		return errors.New(d)
	}
	return nil
}

func leftovers(fsys *memFS, c *catalogue.Catalogue) string {
	files := fsys.files("some/cat")
	tables := strings.Count(files, ".table")
	if tables != c.Stats().Tables || strings.Contains(files, "MANIFEST.new") {
		return fmt.Sprintf("files: got %s, want %d tables and a manifest", files, c.Stats().Tables)
	}
	return ""
}

// TestPowerFailureAfterOpen loses power right after an Open that followed a
// crash, when its owner may already have acted on the root it saw.
func TestPowerFailureAfterOpen(t *testing.T) {
	steps, _ := scenario()
	for stop := 0; ; stop++ {
		fsys, calls := newMemFS(), 0
		fsys.hook = func(op, name string) fault {
			if calls++; calls > stop {
				return fault{err: errors.New("crash")}
			}
			return fault{}
		}
		play(fsys, steps)
		fsys.hook = nil
		if calls <= stop {
			return
		}
		c, err := catalogue.Open(fsys, "some/cat", &small)
		if err != nil {
			t.Fatalf("stopped at call %d: %v", stop, err)
		}
		root := string(c.Root())
		c.Close()
		c, err = catalogue.Open(fsys.afterCrash(func() bool { return false }), "some/cat", &small)
		if err != nil {
			t.Fatalf("stopped at call %d, then power lost: %v", stop, err)
		}
		if got := string(c.Root()); got != root {
			t.Fatalf("stopped at call %d, then power lost: got root %q, want %q", stop, got, root)
		}
		c.Close()
	}
}

// TestOneFault lets every operation in turn fail once, with and without effect.
func TestOneFault(t *testing.T) {
	for _, applied := range []bool{false, true} {
		for at := 0; ; at++ {
			r := faultRun{t: t, at: at, applied: applied, fsys: newMemFS()}
			r.run()
			if t.Failed() || r.failed == "" {
				break
			}
		}
	}
}

// faultRun plays the scenario with one failing operation.
type faultRun struct {
	t       *testing.T
	fsys    *memFS
	at      int
	applied bool
	failed  string // the operation that failed
}

func (r *faultRun) errorf(format string, args ...any) {
	r.t.Helper()
	r.t.Errorf("call %d (%s, applied %v): %s", r.at, r.failed, r.applied, fmt.Sprintf(format, args...))
}

func (r *faultRun) run() {
	calls := 0
	r.fsys.hook = func(op, name string) fault {
		if calls++; calls != r.at+1 {
			return fault{}
		}
		r.failed = op + " " + path.Base(name)
		return fault{syscall.ENOSPC, r.applied}
	}
	c, err := catalogue.Open(r.fsys, "some/cat", &small)
	if err != nil {
		if c, err = catalogue.Open(r.fsys, "some/cat", &small); err != nil {
			r.errorf("second Open: got error %v, want none", err)
			return
		}
	}
	r.commits(c)
	c.Close()
	if r.fsys.descriptors != 0 {
		r.errorf("open files at the end: got %d, want 0", r.fsys.descriptors)
	}
}

func (r *faultRun) commits(c *catalogue.Catalogue) {
	steps, states := scenario()
	for i, s := range steps {
		before := r.failed
		err := c.Commit(batch(s.changes), []byte(s.root))
		if err == nil {
			continue
		}
		if before != "" || !errors.Is(err, syscall.ENOSPC) {
			r.errorf("step %d: got error %v, want the fault, once", i, err)
			return
		}
		if d := difference(c, states[i]); d != "" {
			r.errorf("after the fault: %s", d)
		}
		op, _, _ := strings.Cut(r.failed, " ")
		unknown := op == "sync" || op == "rename" || op == "syncdir"
		if got := errors.Is(err, catalogue.ErrBroken); got != unknown {
			r.errorf("ErrBroken: got %v, want %v", got, unknown)
		}
		if unknown {
			r.broken(c, states[i], states[i+1])
			return
		}
		if d := leftovers(r.fsys, c); d != "" {
			r.errorf("after the fault: %s", d)
		}
		if err := c.Commit(batch(s.changes), []byte(s.root)); err != nil {
			r.errorf("second try: got error %v, want none", err)
			return
		}
	}
	r.fsys.hook = nil
	if d := difference(c, states[len(steps)]); d != "" {
		r.errorf("at the end: %s", d)
	}
}

// broken checks a catalogue after a fault of unknown outcome.
func (r *faultRun) broken(c *catalogue.Catalogue, older, newer state) {
	err := c.Commit(nil, []byte("more"))
	if !errors.Is(err, catalogue.ErrBroken) || !errors.Is(err, syscall.ENOSPC) {
		r.errorf("later Commit: got error %v, want ErrBroken and the cause", err)
	}
	if d := difference(c, older); d != "" {
		r.errorf("reading after ErrBroken: %s", d)
	}
	for _, kept := range []bool{false, true} {
		disk := r.fsys.afterCrash(func() bool { return kept })
		if err := reopens(r.t, disk, older, newer); err != nil {
			r.errorf("reopened, unsynced kept %v: %v", kept, err)
		}
	}
}
