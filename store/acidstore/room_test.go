package acidstore_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
)

// TestMoreThanWasForeseen lets one transaction write so many pages that bbolt
// extends the file by itself. What it wrote there is not overwritten when the file
// grows the next time.
func TestMoreThanWasForeseen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, 1)
	const all, every = 40_000, 50
	producer := func(i int) string { return fmt.Sprintf("producer %06d", i) }
	mustCreate(t, s, "producers", store.Change{})
	mustCreate(t, s, "bytes", store.Change{})
	closeStore(t, s)
	damage(t, filepath.Join(dir, s.File(0)), func(tx *bolt.Tx) error {
		for i := range all {
			if err := tx.Bucket(streamsBucket).Put(acidstore.ProducerEntry(1, producer(i))); err != nil {
				return err
			}
		}
		return nil
	})
	s = open(t, dir, 1)
	want := map[string]string{"producers": "", "bytes": ""}
	fill := func(b string) {
		t.Helper()
		mustAppend(t, s, "bytes", b)
		s.Tidy()
		want["bytes"] += b
	}
	// There must be little room, so that the next step is too large for it.
	for s.Room(0) > acidstore.LeastRoom+50*4096 {
		fill(strings.Repeat("b", 16<<10))
	}
	// The keys of these lie in all the pages that the producers have.
	h := mustOpen(t, s, "producers")
	var last outcome
	for i := 0; i < all; i += every {
		last = stageChange(h, store.Change{Producer: &store.ProducerAppend{ID: producer(i)}})
	}
	if err := <-last; err != nil {
		t.Fatalf("append: %v", err)
	}
	h.Release()
	s.Tidy()
	if room := s.Room(0); room >= 0 {
		t.Fatalf("room behind the pages: got %d bytes, want it overrun", room)
	}
	for i := range 20 {
		fill(strings.Repeat(fmt.Sprint(i%10), 100_000))
	}
	wantContent(t, s, want)
	wantWhole(t, s)
	s = crashed(t, s, dir, 1)
	wantContent(t, s, want)
	h = mustOpen(t, s, "producers")
	if got := len(h.Meta().Producers); got != all {
		t.Errorf("producers: got %d, want %d", got, all)
	}
	h.Release()
	closeStore(t, s)
}

// TestRoomIsThere: what a file is said to have is on the disk, so that nothing
// that fits in there can meet a full disk.
func TestRoomIsThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, 4)
	defer closeStore(t, s)
	mustCreate(t, s, "a", text("x"))
	for _, sh := range s.Stats().Shards {
		info, err := os.Stat(filepath.Join(dir, sh.File))
		if err != nil {
			t.Fatal(err)
		}
		if sh.FileBytes != info.Size() {
			t.Errorf("size of %s: got %d, want %d", sh.File, sh.FileBytes, info.Size())
		}
		// bbolt itself extends a new file by a page that is not written.
		const unit, spare = 512, 2 * 4096
		if has := info.Sys().(*syscall.Stat_t).Blocks * unit; has < info.Size()-spare {
			t.Errorf("blocks of %s: got %d bytes, want %d", sh.File, has, info.Size())
		}
	}
}

// TestFullDisk: what makes a file larger is refused, and taken when there is room
// again. What adds nothing goes on, and nothing is lost by a fold that has to wait.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, fs := openGrow(t, dir, 1)
	for _, name := range []string{"kept", "gone", "large"} {
		mustCreate(t, s, name, text(name))
	}
	fillUp(t, s, "large", 4<<20, 64<<10)
	s.Tidy()
	fs.set(full)
	h := mustOpen(t, s, "kept")
	want := map[string]string{"kept": "kept"}
	for size := 1 << 20; size > 0; size /= 2 { // until not a byte fits any more
		for err := error(nil); err == nil; {
			b := strings.Repeat("k", size)
			switch err = <-stageChange(h, text(b)); {
			case err == nil:
				want["kept"] += b
			case !errors.Is(err, store.ErrNoSpace):
				t.Fatalf("append on a full disk: got error %v, want %v", err, store.ErrNoSpace)
			}
		}
		h.Reset()
	}
	if _, err := create(s, "new", plain, text("x")); !errors.Is(err, store.ErrNoSpace) {
		t.Errorf("create on a full disk: got error %v, want %v", err, store.ErrNoSpace)
	}
	s.Tidy() // cannot fold
	if inJournal(s) == 0 {
		t.Errorf("journal on a full disk: got nothing, want what is not folded")
	}
	mustDelete(t, s, "gone")
	mustDelete(t, s, "large")
	if err := s.Health(); err != nil {
		t.Errorf("health on a full disk: got %v, want nil", err)
	}
	wantContent(t, s, want)
	fs.unset()
	if err := <-stageChange(h, text(" and grown")); err != nil {
		t.Errorf("append when there is room again: %v", err)
	}
	h.Release()
	want["kept"] += " and grown"
	s.Tidy()
	if got := inJournal(s); got != 0 {
		t.Errorf("journal when there is room again: got %d bytes, want none", got)
	}
	wantContent(t, s, want)
	s = crashed(t, s, dir, 1)
	wantContent(t, s, want)
	wantWhole(t, s)
	closeStore(t, s)
}

// full lets no file grow.
func full(op, _ string) error {
	if op == "write" {
		return syscall.ENOSPC
	}
	return nil
}

// TestCountOnFullDisk: a source whose append is refused has its forks counted all
// the same, and leaves memory when nobody has it open.
func TestCountOnFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source, fork := named(0, 2, 0), named(1, 2, 0)
	s, fs := openGrow(t, dir, 2)
	mustCreate(t, s, source, text("source"))
	s.Tidy()
	src := mustOpen(t, s, source)
	step, letGo := s.HoldTurns()
	var forked store.Handle
	created := stage(func(k store.Completion) (done bool, err error) {
		forked, done, err = s.Create(fork, forkOf(source, src.Meta().ID, 2), new(store.Change), k)
		return done, err
	})
	for len(created) == 0 {
		step()
	}
	// The count is staged now, and this comes with it.
	refused := stageChange(src, text(strings.Repeat("x", 4<<20)))
	fs.set(full)
	letGo()
	if err := <-created; err != nil {
		t.Fatalf("fork: %v", err)
	}
	forked.Release()
	if err := <-refused; !errors.Is(err, store.ErrNoSpace) {
		t.Errorf("append on a full disk: got error %v, want %v", err, store.ErrNoSpace)
	}
	src.Reset()
	src.Release()
	fs.unset()
	s.Tidy()
	if got := refs(t, s, source); got != 1 {
		t.Errorf("forks: got %d, want 1", got)
	}
	if got := s.Live(); got != 0 {
		t.Errorf("streams in memory, of which none is open: got %d, want none", got)
	}
	s.Abandon()
	if log := openLogged(t, dir, 2); log != "" {
		t.Errorf("log of the next start: got %q, want nothing", log)
	}
}
