package crashfs_test

import (
	"strings"
	"testing"

	"github.com/weirstreams/weir/store/internal/vfs"
	"github.com/weirstreams/weir/store/storetest/crashfs"
)

func TestSyncedBytesStay(t *testing.T) {
	fs := crashfs.New()
	f := create(t, fs, "a")
	write(t, f, 0, "safe")
	must(t, f.Sync())
	write(t, f, 4, " and not")
	want(t, fs, crashfs.Synced, "a", "safe")
	want(t, fs, crashfs.Everything, "a", "safe and not")
	want(t, fs, crashfs.Torn, "a", "safe and")
	for text := range left(t, fs, "a") {
		if !strings.HasPrefix(text, "safe") {
			t.Errorf("after a crash: got %q, want the synced bytes first", text)
		}
	}
}

// TestUnsyncedWrites asks for every way in which a disk may leave two writes.
func TestUnsyncedWrites(t *testing.T) {
	fs := crashfs.New()
	f := create(t, fs, "a")
	one, two := strings.Repeat("1", 600), strings.Repeat("2", 600)
	write(t, f, 0, one)
	write(t, f, 600, two)
	zeros := strings.Repeat("\x00", 1200)
	found := left(t, fs, "a")
	for what, text := range map[string]string{
		"nothing":                "",
		"both":                   one + two,
		"the first":              one,
		"the second only":        zeros[:600] + two,
		"the sizes only":         zeros,
		"the first sector":       one[:512],
		"the second's last part": zeros[:1024] + two[:176],
	} {
		if !found[text] {
			t.Errorf("%s: got no crash that leaves it", what)
		}
	}
	torn := false
	for text := range found {
		torn = torn || len(text) < 512 && text != "" && text == one[:len(text)]
	}
	if !torn {
		t.Error("got no write torn inside a sector")
	}
}

func TestTruncation(t *testing.T) {
	fs := crashfs.New()
	f := create(t, fs, "a")
	write(t, f, 0, "abcdef")
	must(t, f.Sync())
	must(t, f.Truncate(2))
	want(t, fs, crashfs.Synced, "a", "abcdef")
	want(t, fs, crashfs.Everything, "a", "ab")
	if found := left(t, fs, "a"); len(found) != 2 {
		t.Errorf("crashes leave %v, want the cut done and not", found)
	}
	must(t, f.Sync())
	want(t, fs, crashfs.Synced, "a", "ab")
	_, err := fs.Create("a")
	must(t, err)
	want(t, fs, crashfs.Synced, "a", "ab")
	want(t, fs, crashfs.Everything, "a", "")
}

// TestFailedSync: what a sync has lost no later one brings back, but for what is
// written again. Until a crash it can be read.
func TestFailedSync(t *testing.T) {
	fs := crashfs.New()
	f := create(t, fs, "a")
	write(t, f, 0, "lost")
	failOnce(fs, crashfs.OpSync, crashfs.Nothing)
	if err := f.Sync(); err == nil {
		t.Fatal("sync: got no error, want the injected one")
	}
	must(t, f.Sync())
	if got := content(t, fs, "a"); got != "lost" {
		t.Errorf("before a crash: got %q, want %q", got, "lost")
	}
	want(t, fs, crashfs.Synced, "a", "")
	if found := left(t, fs, "a"); !found["lost"] || !found[""] {
		t.Errorf("crashes leave %v, want both with and without the lost bytes", found)
	}
	write(t, f, 2, "ST")
	must(t, f.Sync())
	want(t, fs, crashfs.Synced, "a", "\x00\x00ST")
	write(t, f, 0, "LO")
	must(t, f.Sync())
	want(t, fs, crashfs.Synced, "a", "LOST")
}

// TestSyncAll: a group makes the bytes of all files durable, those that are closed
// too, and no names; and loses them all when it fails.
func TestSyncAll(t *testing.T) {
	fs := crashfs.New()
	fs.GatherFrom(2)
	a, b := create(t, fs, "a"), create(t, fs, "b")
	if group, err := vfs.Gather(fs, 1); group != nil || err != nil {
		t.Errorf("a group for one file: got %v and error %v, want none", group, err)
	}
	group, err := vfs.Gather(fs, 2)
	must(t, err)
	write(t, a, 0, "one")
	write(t, b, 0, "two")
	must(t, b.Close())
	c, err := fs.Create("c")
	must(t, err)
	write(t, c, 0, "three")
	must(t, group.Sync())
	must(t, group.Close())
	want(t, fs, crashfs.Synced, "a", "one")
	want(t, fs, crashfs.Synced, "b", "two")
	if _, there := fs.Crash(fs.Calls(), crashfs.Synced).Names()["c"]; there {
		t.Error("a file whose name was not synced is there")
	}
	must(t, fs.SyncDir("."))
	want(t, fs, crashfs.Synced, "c", "three")

	write(t, a, 0, "ONE")
	failOnce(fs, crashfs.OpSyncAll, crashfs.Nothing)
	if err := group.Sync(); err == nil {
		t.Fatal("sync: got no error, want the injected one")
	}
	must(t, a.Sync())
	want(t, fs, crashfs.Synced, "a", "one")
}

func TestSyncThatFailsWhenDone(t *testing.T) {
	fs := crashfs.New()
	f := create(t, fs, "a")
	write(t, f, 0, "there")
	failOnce(fs, crashfs.OpSync, crashfs.Done)
	if err := f.Sync(); err == nil {
		t.Fatal("sync: got no error, want the injected one")
	}
	want(t, fs, crashfs.Synced, "a", "there")
}

// TestPrefix: an image is of the moment it was asked for, whatever came later.
func TestPrefix(t *testing.T) {
	fs := crashfs.New()
	f := create(t, fs, "a")
	write(t, f, 0, "one")
	at := fs.Calls()
	write(t, f, 0, "two")
	must(t, f.Sync())
	if got := content(t, fs.Crash(at, crashfs.Everything), "a"); got != "one" {
		t.Errorf("after %d calls: got %q, want %q", at, got, "one")
	}
	if got := content(t, fs.Crash(at, crashfs.Synced), "a"); got != "" {
		t.Errorf("synced after %d calls: got %q, want nothing", at, got)
	}
}

// TestImage: an image is a file system of its own, and crashes like the first.
func TestImage(t *testing.T) {
	fs := crashfs.New()
	f := create(t, fs, "a")
	write(t, f, 0, "one")
	must(t, f.Sync())
	_, err := fs.Lock("LOCK")
	must(t, err)
	next := fs.Crash(fs.Calls(), crashfs.Everything)
	if next.Calls() != 0 {
		t.Errorf("calls of an image: got %d, want 0", next.Calls())
	}
	if _, err := next.Lock("LOCK"); err != nil {
		t.Errorf("lock in an image: got %v, want none held", err)
	}
	g, err := next.OpenWrite("a")
	must(t, err)
	write(t, g, 0, "two")
	if got := content(t, fs, "a"); got != "one" {
		t.Errorf("the first file system: got %q, want %q", got, "one")
	}
	want(t, next, crashfs.Synced, "a", "one")
	want(t, next, crashfs.Everything, "a", "two")
}

// TestResume: what a killed process wrote can be read by the next, and is lost
// with the power all the same.
func TestResume(t *testing.T) {
	fs := crashfs.New()
	f := create(t, fs, "a")
	write(t, f, 0, "one")
	next := fs.Resume(fs.Calls())
	if got, want := next.Calls(), fs.Calls(); got != want {
		t.Errorf("calls: got %d, want %d", got, want)
	}
	if got := content(t, next, "a"); got != "one" {
		t.Errorf("after a kill: got %q, want %q", got, "one")
	}
	want(t, next, crashfs.Synced, "a", "")
	g, err := next.OpenWrite("a")
	must(t, err)
	must(t, g.Sync())
	want(t, next, crashfs.Synced, "a", "one")
	want(t, fs, crashfs.Synced, "a", "")
}
