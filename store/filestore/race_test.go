package filestore_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore"
)

// gate stops the first operation that matches until it is opened.
type gate struct {
	reached chan struct{}
	release chan struct{}
}

func stopAt(fs *hookFS, match func(op, name string) bool) *gate {
	g := &gate{make(chan struct{}), make(chan struct{})}
	var stopped atomic.Bool
	fs.set(func(op, name string) error {
		if match(op, name) && stopped.CompareAndSwap(false, true) {
			close(g.reached)
			<-g.release
		}
		return nil
	})
	return g
}

// during runs first up to the gate, then second, then the rest of first.
func (g *gate) during(first, second func()) {
	var running sync.WaitGroup
	running.Go(first)
	<-g.reached
	second()
	close(g.release)
	running.Wait()
}

func readsCatalogue(op, name string) bool { return op == "read" && under(name, "catalogue") }
func removesData(op, name string) bool    { return op == "remove" && under(name, "data") }

// TestOpenBesideDelete deletes a stream after another call has found it in the
// catalogue and before that call goes on.
func TestOpenBesideDelete(t *testing.T) {
	for name, steps := range map[string]string{"in the log": "-a", "and from the catalogue": "-a |"} {
		t.Run(name, func(t *testing.T) {
			s, fs := open(t, newMemFS(), quiet)
			perform(t, s, "+a=1 |")
			stopAt(fs, readsCatalogue).during(func() {
				if h, err := s.Open("a"); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("open: got %v and error %v, want %v", h, err, store.ErrNotFound)
				}
			}, func() { perform(t, s, steps) })
			wantContent(t, s, nil)
			mustClose(t, s)
		})
	}
}

// TestOpenBesideAppend lets a stream come into memory, grow, and leave again
// meanwhile.
func TestOpenBesideAppend(t *testing.T) {
	s, fs := open(t, newMemFS(), quiet)
	perform(t, s, "+a=1 |")
	stopAt(fs, readsCatalogue).during(func() {
		mustAppend(t, s, "a", "3")
	}, func() { perform(t, s, "a<2 |") })
	wantContent(t, s, map[string]string{"a": "123"})
	s, _ = open(t, crash(s, fs, true), quiet)
	wantContent(t, s, map[string]string{"a": "123"})
	mustClose(t, s)
}

// TestListBesideCheckpoint lists while a checkpoint moves streams between memory
// and the catalogue: one that exists is named, one that is deleted is not.
func TestListBesideCheckpoint(t *testing.T) {
	for name, call := range map[string]func(*filestore.Store) ([]string, error){
		"list": func(s *filestore.Store) ([]string, error) { return s.List("", "", 10) },
		"due":  func(s *filestore.Store) ([]string, error) { return s.Due(50, 10) },
	} {
		t.Run(name, func(t *testing.T) {
			s, fs := open(t, newMemFS(), quiet)
			for _, name := range []string{"deleted", "old"} {
				createDue(t, s, name)
			}
			mustCheckpoint(t, s)
			createDue(t, s, "new")
			mustDelete(t, s, "deleted")
			var got []string
			stopAt(fs, readsCatalogue).during(func() {
				var err error
				if got, err = call(s); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}, func() { mustCheckpoint(t, s) })
			slices.Sort(got)
			if want := []string{"new", "old"}; !slices.Equal(got, want) {
				t.Errorf("%s beside a checkpoint: got %q, want %q", name, got, want)
			}
			mustClose(t, s)
		})
	}
}

func createDue(t *testing.T, s *filestore.Store, name string) {
	t.Helper()
	h, err := create(s, name, text, store.Change{Expires: 50})
	if err != nil {
		t.Fatalf("create %q: %v", name, err)
	}
	h.Release()
}

// TestChangesDuringCheckpoint makes changes after a checkpoint has cut the log:
// before it looks at the streams, so that the catalogue is ahead of the log's
// start and replaying the changes must not count them twice, or before it commits
// what it saw, so that it must not take the changes for written.
func TestChangesDuringCheckpoint(t *testing.T) {
	for point, match := range map[string]func(op, name string) bool{
		"before it looks":   removesData,
		"before it commits": func(op, name string) bool { return op == "create" && under(name, "catalogue") },
	} {
		for name, c := range duringCheckpoint {
			for _, again := range []bool{false, true} {
				t.Run(point+"/"+name, func(t *testing.T) {
					s, fs := open(t, newMemFS(), synced(quiet))
					perform(t, s, "+s=0 +gone=x | "+c.before+" -gone "+c.written+" s<1")
					stopAt(fs, match).during(func() { mustCheckpoint(t, s) }, func() { perform(t, s, c.during) })
					fs.unset()
					wantRecovered(t, s, c.want, map[string]int{"s": c.refs})
					if again {
						mustCheckpoint(t, s)
					}
					s, _ = open(t, crash(s, fs, false), synced(quiet))
					wantRecovered(t, s, c.want, map[string]int{"s": c.refs})
					mustClose(t, s)
				})
			}
		}
	}
}

var duringCheckpoint = map[string]struct {
	before, written, during string // written: by the checkpoint in question
	want                    map[string]string
	refs                    int
}{
	"append":         {"", "", "s<2", map[string]string{"s": "012"}, 0},
	"fork":           {"", "", "s>f", map[string]string{"s": "01", "f": ""}, 1},
	"old fork gone":  {"s>f |", "", "-f", map[string]string{"s": "01"}, 0},
	"new fork gone":  {"", "s>f", "-f", map[string]string{"s": "01"}, 0},
	"both":           {"s>f |", "", "-f s>f s>g", map[string]string{"s": "01", "f": "", "g": ""}, 2},
	"fork again":     {"", "s>f", "-f s>f", map[string]string{"s": "01", "f": ""}, 1},
	"short lived":    {"", "", "s>f -f", map[string]string{"s": "01"}, 0},
	"name again":     {"", "", "-s +s=x s<y", map[string]string{"s": "xy"}, 0},
	"new name again": {"", "+n=1", "n<2 -n +n=3", map[string]string{"s": "01", "n": "3"}, 0},
	"second life":    {"+n=1 |", "-n +n=2", "-n", map[string]string{"s": "01"}, 0},
	"third life":     {"+n=1 |", "-n +n=2", "-n +n=3", map[string]string{"s": "01", "n": "3"}, 0},
}

// TestPowerLossBesideCheckpoint: without Sync a power cut may take what a
// checkpoint has not moved, but what is acknowledged after the restart survives
// the end of the process.
func TestPowerLossBesideCheckpoint(t *testing.T) {
	s, fs := open(t, newMemFS(), quiet)
	perform(t, s, "+s=0 +gone=x | -gone s<1")
	stopAt(fs, removesData).during(func() { mustCheckpoint(t, s) }, func() { perform(t, s, "s<2 s<3") })
	s, fs = open(t, crash(s, fs, false), quiet)
	left := content(t, s, "s")
	perform(t, s, "s<4 s<5 s<6")
	s, _ = open(t, crash(s, fs, true), quiet)
	wantContent(t, s, map[string]string{"s": left + "456"})
	mustClose(t, s)
}

// TestScrubBesideDelete deletes a stream that the scrub is about to read.
func TestScrubBesideDelete(t *testing.T) {
	s, fs := open(t, newMemFS(), quiet)
	perform(t, s, "+a=1 +b=2 |")
	opens := func(op, name string) bool { return op == "open" && under(name, "data") }
	stopAt(fs, opens).during(func() {
		err := s.Scrub(context.Background(), store.ScrubOptions{Report: func(d store.CorruptionError) { t.Errorf("scrub reports: %v", &d) }})
		if err != nil {
			t.Errorf("scrub: %v", err)
		}
	}, func() { perform(t, s, "-a -b |") })
	mustClose(t, s)
}
