package crashlab_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/weirstreams/weir/store/storetest/crashfs"
)

// TestFailingStarts kills each script's server at its end, and lets each call of
// the start that follows fail. Such a start refuses, or finds everything; and
// after one that refused the next finds everything.
func TestFailingStarts(t *testing.T) {
	for i, name := range slices.Sorted(maps.Keys(scripts)) {
		if quick() && i%4 != 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) { failingStarts(t, scripts[name]) })
		})
	}
}

func failingStarts(t *testing.T, s script) {
	w := newWorld()
	r, err := start(crashfs.New(), true, w)
	if err != nil {
		t.Fatal(err)
	}
	defer r.kill()
	for _, part := range s[:len(s)-1] { // the last is a checkpoint, or little
		part(r)
		r.rest()
	}
	for _, op := range crashfs.Ops() {
		for i := range troubles(op) {
			for nth := 1; ; nth += stride() {
				x := troubles(op)[i]
				x.nth = nth
				s := &sufferer{t: t, trouble: x, w: w, fs: r.fs.Crash(r.date(), crashfs.Everything)}
				s.sufferStart()
				if !x.happened() {
					break
				}
			}
		}
	}
}

// sufferStart opens a server in trouble, which ends when it is open.
func (s *sufferer) sufferStart() {
	s.t.Helper()
	tally.faults.Add(1)
	s.open()
	s.trouble.end()
	r := s.r
	s.r = nil
	c := &checker{w: s.w, cut: cut{sure: never - 1, at: never}, law: strict, st: r.st, e: r.e}
	err := c.run()
	r.kill()
	if err != nil {
		s.fatal("the server that was opened: %v", err)
	}
	s.cutPower(crashfs.Synced)
}
