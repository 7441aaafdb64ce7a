package crashlab_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/storetest/crashfs"
)

// everything is a life with a little of all that makes calls.
var everything = script{
	create("a", spec{form: text, size: 40}), watch("a"), add("a", 50), create("p", spec{form: messages}), produce("p", "A", 0, 0, 40),
	together(produce("p", "A", 0, 1, 40), add("a", 30), add("p", 50)), branch("f", "a", 1, 5), add("f", 30), checkpoint,
	produce("p", "A", 0, 2, 40), add("a", 900, 900, 900), func(r *rig) { r.createMarked("w") }, mark("w", 30, 40), remove("a"),
	func(r *rig) {
		r.during(crashfs.OpWrite, "file/data/", produce("p", "A", 0, 3, 40), one(add("f", 20), checkpoint))
	},
	(*rig).again, create("c", spec{form: octets, size: 60}), read("p"), remove("f"), create("a", spec{form: octets, size: 70}), checkpoint,
	add("c", 30), shut("c", by("A", 0, 0), 50), produce("p", "A", 1, 0, 1200), mark("w", 20), add("a", 40), remove("c"), checkpoint,
	create("c", spec{form: text, size: 33}), produce("p", "A", 1, 1, 40), checkpoint, produce("p", "A", 1, 2, 40), add("a", 45),
}

// TestFailingCalls lets the first call of each kind fail in a life, then the
// second, until there is none left.
func TestFailingCalls(t *testing.T) {
	for _, op := range crashfs.Ops() {
		t.Run(op.String(), func(t *testing.T) {
			for i := range troubles(op) {
				for nth := 1; ; nth += stride() {
					x := troubles(op)[i]
					x.nth = nth
					inBubble(t, func(t *testing.T) { suffer(t, x) })
					if t.Failed() || !x.happened() {
						break
					}
				}
			}
		})
	}
}

// stride passes over most calls when only a sample is wanted.
func stride() int {
	if quick() {
		return 23
	}
	return 1
}

// suffer lives a life in trouble and checks it while it goes on, after a power
// cut at its end, and after its end in good order.
func suffer(t *testing.T, x *trouble) {
	tally.faults.Add(1)
	s := &sufferer{t: t, trouble: x, w: newWorld(), fs: crashfs.New()}
	if x.op == crashfs.OpSyncAll {
		s.fs.GatherFrom(1)
	}
	s.open()
	for _, part := range everything {
		if s.r == nil {
			break
		}
		part(s.r)
		s.r.rest()
		s.checkAfterTrouble()
		s.restartIfAsked()
	}
	x.end()
	if s.r != nil {
		s.checkLive()
	}
	s.checkCrashes()
	s.checkClose()
}

type sufferer struct {
	t       *testing.T
	trouble *trouble
	w       *world
	fs      *crashfs.FS
	r       *rig // nil when it did not start, or has ended
	looks   int  // steps after which the power was cut
}

// open starts the server, if need be again when the trouble is over: a start that
// failed must leave all as it was.
func (s *sufferer) open() {
	s.t.Helper()
	s.fs.Fail(s.trouble.ask)
	r, err := start(s.fs, true, s.w)
	if err != nil {
		s.check(s.fs.Crash(s.fs.Calls(), crashfs.Synced), "a start that failed, and a power cut")
		s.trouble.end()
		if broke(s.fs) {
			// Names that are in the kernel's memory alone cannot be written again:
			// nothing is promised before the machine itself starts anew.
			s.fs = s.fs.Crash(s.fs.Calls(), crashfs.Everything)
		}
		if r, err = start(s.fs, true, s.w); err != nil {
			s.t.Fatalf("%v\nthe start after one that failed: %v", s.trouble, err)
		}
	}
	s.r = r
	r.trouble = s.trouble
}

// again asks for a restart.
func (r *rig) again() { r.restart = true }

func (s *sufferer) restartIfAsked() {
	if !s.r.restart || s.r.e.Health() != nil {
		return
	}
	r := s.r
	s.r = nil
	r.close() // may fail: what matters is what is there then
	if err := r.st.Health(); !errors.Is(err, store.ErrClosed) {
		s.t.Fatalf("%v\nhealth after close: %v", s.trouble, err)
	}
	if n := r.fs.OpenFiles(); n > 0 {
		s.t.Errorf("%v\n%d files are open after close", s.trouble, n)
	}
	if broke(s.fs) {
		s.fs = s.fs.Crash(s.fs.Calls(), crashfs.Everything)
	}
	s.open()
}

// checkLive compares the running server with what its clients know.
func (s *sufferer) checkLive() {
	s.t.Helper()
	r := s.r
	if err := r.e.Health(); err != nil && !errors.Is(err, store.ErrReadOnly) {
		s.fatal("health: %v, want nil or read-only", err)
	}
	time.Sleep(10 * time.Second) // a checkpoint that failed is tried again
	for _, name := range []string{"a", "p"} {
		in := r.w.latest(name)
		if in == nil || in.id == 0 || in.deleted.asked != never {
			continue
		}
		healthy := r.e.Health() == nil
		if p := r.append(in, 30); healthy != (p.done != never) && r.e.Health() == nil {
			s.fatal("healthy is %v, and %s acknowledged: %v", healthy, p, p.done != never)
		} else if !healthy && p.done != never {
			s.fatal("%s was acknowledged by a store that is read-only", p)
		}
	}
	c := &checker{w: s.w, cut: cut{sure: r.date(), at: r.date()}, law: strict, st: r.st, e: r.e}
	if err := c.run(); err != nil {
		s.fatal("while the server runs: %v", err)
	}
}

// checkAfterTrouble cuts the power soon after the first call that failed, before
// a checkpoint has written again what was lost.
func (s *sufferer) checkAfterTrouble() {
	s.t.Helper()
	const soon = 2 // steps
	if s.trouble.happened() && s.looks < soon {
		s.looks++
		s.cutPower(crashfs.Synced, crashfs.Seeded(uint64(s.trouble.nth)))
	}
}

// checkCrashes cuts the power at the end.
func (s *sufferer) checkCrashes() {
	s.t.Helper()
	seed := uint64(s.trouble.nth)
	s.cutPower(crashfs.Synced, crashfs.Everything, crashfs.Seeded(seed), crashfs.Seeded(seed+1<<32))
}

func (s *sufferer) cutPower(choices ...crashfs.Choice) {
	s.t.Helper()
	for _, choice := range choices {
		s.check(s.fs.Crash(s.fs.Calls(), choice), "a power cut, "+choice.String())
	}
}

// checkClose ends the server in good order and opens what is left.
func (s *sufferer) checkClose() {
	s.t.Helper()
	if r := s.r; r != nil {
		s.r = nil
		readOnly := r.e.Health() != nil
		if err := r.close(); err != nil && !readOnly {
			s.fatal("close of a healthy server: %v", err)
		}
	}
	if n := s.fs.OpenFiles(); n > 0 {
		s.fatal("%d files are open after close", n)
	}
	s.check(s.fs.Crash(s.fs.Calls(), crashfs.Everything), "its end in good order")
}

// check opens an image.
func (s *sufferer) check(image *crashfs.FS, when string) {
	s.t.Helper()
	r, err := start(image, true, s.w)
	if err != nil {
		s.fatal("after %s: %v", when, err)
	}
	tally.points.Add(1)
	c := &checker{w: s.w, cut: cut{sure: never - 1, at: never}, law: strict, st: r.st, e: r.e}
	err = c.run()
	r.kill()
	if err != nil {
		s.fatal("after %s: %v", when, err)
	}
}

func (s *sufferer) fatal(format string, args ...any) {
	s.t.Helper()
	what := fmt.Sprintf(format, args...)
	var log string
	if s.r != nil {
		l := &lab{r: s.r}
		log = l.history(s.r.date())
		s.r.kill()
	}
	s.t.Fatalf("%v\n%s\nrepeat with: go test ./stream/crashlab -run '%s$'\n%s", s.trouble, what, s.t.Name(), log)
}
