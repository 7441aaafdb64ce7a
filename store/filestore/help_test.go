package filestore_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weirstreams/weir/store"
)

// TestHelp: where nothing is synced a change settles as soon as somebody helps,
// and soon without.
func TestHelp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := open(t, newMemFS(), quiet)
		defer s.Close()
		mustCreate(t, s, "a", "")
		h := mustOpen(t, s, "a")
		defer h.Release()

		began := time.Now()
		settlesAtOnce(t, h, "1")
		if err := <-stageAppend(h, "2"); err != nil {
			t.Fatalf("append without help: %v", err)
		}
		if took := time.Since(began); took > 10*time.Millisecond {
			t.Errorf("append without help: got settled after %v, want within 10ms", took)
		}
		wantContent(t, s, map[string]string{"a": "12"})
	})
}

// TestHelpBesideTheGoroutine: who helps just when the store's own goroutine has its
// turn, and so cannot, is not left to the goroutine's next turn.
func TestHelpBesideTheGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := open(t, newMemFS(), quiet)
		defer s.Close()
		mustCreate(t, s, "a", "")
		h := mustOpen(t, s, "a")
		defer h.Release()
		for range 20_000 {
			time.Sleep(10 * time.Millisecond) // the goroutine's turn comes now too
			settlesAtOnce(t, h, "x")
		}
	})
}

// settlesAtOnce appends, helps, and holds that no time passes until it has settled.
func settlesAtOnce(t *testing.T, h store.Handle, bytes string) {
	t.Helper()
	began := time.Now()
	helped := stageAppend(h, bytes)
	h.(store.Helper).Help()
	if err := <-helped; err != nil {
		t.Fatalf("append with help: %v", err)
	}
	if took := time.Since(began); took != 0 {
		t.Fatalf("append with help: got settled after %v, want at once", took)
	}
}

// TestManyHelpers: however many help, the changes of each stream settle in the
// order of their bytes, every one of them, and are there after a restart.
func TestManyHelpers(t *testing.T) {
	dir := t.TempDir()
	s := reopened(t, dir)
	want := make(map[string]string)
	var all sync.WaitGroup
	for i := range 8 {
		name := fmt.Sprint(i)
		mustCreate(t, s, name, "")
		want[name] = strings.Repeat("x", 200) + "y"
		all.Go(func() {
			h := mustOpen(t, s, name)
			defer h.Release()
			var last settled
			for range 200 {
				last = stageAppend(h, "x")
				h.(store.Helper).Help()
			}
			if err := <-last; err != nil {
				t.Errorf("last of the appends to %q: %v", name, err)
			}
			if err := <-stageAppend(h, "y"); err != nil {
				t.Errorf("append without help to %q: %v", name, err)
			}
		})
	}
	all.Wait()
	wantContent(t, s, want)
	mustClose(t, s)
	s = reopened(t, dir)
	defer mustClose(t, s)
	wantContent(t, s, want)
}
