package crashlab_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store/storetest/crashfs"
)

// mode is how a server runs, how it ends, and what it owes after that.
type mode struct {
	name   string
	synced bool
	law    promise
	power  bool // the power goes; else only the process ends
	groups bool // the file system syncs many files at once
}

// files is the empty file system of a mode.
func (m mode) files() *crashfs.FS {
	fs := crashfs.New()
	if m.groups {
		fs.GatherFrom(1)
	}
	return fs
}

var modes = []mode{
	{name: "durable", synced: true, law: strict, power: true},
	{name: "killed", law: strict},
	{name: "unsynced", law: whole, power: true},
	{name: "groups", synced: true, law: strict, power: true, groups: true},
}

// lab runs a life and cuts it everywhere. It lives in a bubble.
type lab struct {
	t       *testing.T
	mode    mode
	seeded  int    // seeded choices for each cut
	repeat  string // the command that repeats this test
	r       *rig
	next    int // the first cut not looked at
	salt    uint64
	checked int
	steps   int
	naps    int
}

func newLab(t *testing.T, m mode, fs *crashfs.FS, w *world) *lab {
	l := &lab{t: t, mode: m, seeded: 2, repeat: "go test ./stream/crashlab -run '" + t.Name() + "$'"}
	l.open(fs, w)
	return l
}

func (l *lab) open(fs *crashfs.FS, w *world) {
	l.t.Helper()
	r, err := start(fs, l.mode.synced, w)
	if err != nil {
		l.t.Fatalf("%v", err)
	}
	l.r = r
}

// step plays a part of the life and then cuts it at each call it made, before
// time goes on.
func (l *lab) step(f func(r *rig)) {
	l.t.Helper()
	f(l.r)
	l.r.rest()
	if l.steps++; l.steps%3 == 0 {
		l.naps = 1
	}
	for end := l.r.date(); l.next <= end; l.next++ {
		l.cutAt(l.next)
	}
}

// cutAt tries every choice for a cut, or for a sample one choice for every third.
func (l *lab) cutAt(at int) {
	l.t.Helper()
	choices := l.choices(at)
	if quick() {
		if at%3 != 0 {
			return
		}
		choices = choices[at/3%len(choices):][:1]
	}
	for _, choice := range choices {
		l.point(at, choice)
	}
}

// restart ends the server in good order and starts it again on the same files.
func (l *lab) restart() {
	l.t.Helper()
	l.r.note("restart")
	if err := l.r.close(); err != nil {
		l.t.Fatalf("close: %v", err)
	}
	l.open(l.r.fs, l.r.w)
	l.step(func(*rig) {})
}

// end stops the server at the end of a life.
func (l *lab) end() { l.r.kill() }

// choices are what is tried for a cut.
func (l *lab) choices(at int) []crashfs.Choice {
	if !l.mode.power {
		return []crashfs.Choice{crashfs.Everything, crashfs.Torn}
	}
	all := []crashfs.Choice{crashfs.Synced, crashfs.Everything, crashfs.Torn}
	for i := range l.seeded {
		all = append(all, crashfs.Seeded(l.salt+uint64(at)<<8+uint64(i)))
	}
	return all
}

// point opens a server on what a crash leaves and checks it.
func (l *lab) point(at int, choice crashfs.Choice) {
	l.t.Helper()
	image := l.r.fs.Crash(at, choice)
	if choice == crashfs.Everything {
		image = l.r.fs.Resume(at) // only the process ended
	}
	begun := image.Calls()
	l.checked++
	when := cut{sure: at, at: at}
	if choice == crashfs.Torn {
		when.sure--
	}
	calls, err := l.examine(image, when)
	if err != nil {
		l.fail(at, choice.String(), err)
	}
	if l.checked%l.sparsely(15) != 0 {
		return
	}
	// Recovery too can be cut at each of its calls.
	for j := begun; j <= calls; j++ {
		for _, second := range l.choices(j) {
			if second == crashfs.Torn && j == begun {
				continue // recovery has made no call to tear
			}
			if _, err := l.examine(image.Crash(j, second), when); err != nil {
				l.fail(at, fmt.Sprintf("%s, then recovery after %d calls, %s", choice, j, second), err)
			}
		}
	}
}

// sparsely is every how manieth point something costly is done.
func (l *lab) sparsely(n int) int {
	if quick() {
		return 10 * n
	}
	return n
}

// examine opens an image, checks it, and lets the server go on for a while. It
// returns how many calls are in the image's log after recovery.
func (l *lab) examine(image *crashfs.FS, when cut) (calls int, err error) {
	r, err := start(image, l.mode.synced, l.r.w)
	if err != nil {
		return 0, err
	}
	tally.points.Add(1)
	calls = image.Calls()
	c := &checker{w: l.r.w, cut: when, law: l.mode.law, naps: &l.naps, st: r.st, e: r.e}
	if err = c.run(); err == nil {
		err = l.goOn(r, c)
	}
	r.kill()
	return calls, err
}

// goOn uses the server that was opened on an image, in one way or another.
func (l *lab) goOn(r *rig, c *checker) error {
	switch l.checked % l.sparsely(5) {
	case 0:
		return c.endure(r, l.mode)
	case 1:
		return c.dismantle(r)
	case 2:
		return c.reopen(r, l.mode)
	default:
		return nil
	}
}

// fail ends the test with all that helps to find out why.
func (l *lab) fail(at int, how string, err error) {
	l.t.Helper()
	l.end()
	l.t.Fatalf("cut after %d calls, left: %s\n%v\nrepeat with: %s\n%s", at, how, err, l.repeat, l.history(at))
}

// history is what files and clients did before a cut.
func (l *lab) history(at int) string {
	const lines = 40
	var b strings.Builder
	j := 0
	journal := l.r.w.journal
	for i, call := range l.r.fs.Trace(0, at) {
		for ; j < len(journal) && journal[j].calls <= i; j++ {
			fmt.Fprintf(&b, "        %s\n", journal[j].line)
		}
		fmt.Fprintf(&b, "%s\n", call)
	}
	all := strings.SplitAfter(b.String(), "\n")
	return strings.Join(all[max(0, len(all)-2*lines):], "")
}
