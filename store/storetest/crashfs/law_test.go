package crashfs_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/store/internal/vfs"
	"github.com/weirstreams/weir/store/storetest/crashfs"
)

// TestLaws plays random writes, cuts and syncs on one file. Everything leaves
// what a reader saw, Synced what was there at the last sync, and every seed
// leaves the same thing twice, no byte of it from nowhere.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		fs := crashfs.New()
		f := create(t, fs, "a")
		synced, written := "", map[byte]bool{0: true}
		for range rapid.IntRange(1, 20).Draw(r, "steps") {
			step(r, f, written)
			if rapid.IntRange(0, 3).Draw(r, "sync") == 0 {
				must(t, f.Sync())
				synced = content(t, fs, "a")
			}
		}
		want(t, fs, crashfs.Synced, "a", synced)
		want(t, fs, crashfs.Everything, "a", content(t, fs, "a"))
		c := crashfs.Seeded(rapid.Uint64().Draw(r, "seed"))
		some := content(t, fs.Crash(fs.Calls(), c), "a")
		want(t, fs, c, "a", some)
		for _, b := range []byte(some) {
			if !written[b] {
				r.Fatalf("a crash leaves the byte %d, which nobody wrote", b)
			}
		}
	})
}

func step(r *rapid.T, f vfs.File, written map[byte]bool) {
	off := rapid.Int64Range(0, 2000).Draw(r, "off")
	if rapid.IntRange(0, 4).Draw(r, "cut") == 0 {
		if err := f.Truncate(off); err != nil {
			r.Fatal(err)
		}
		return
	}
	b := rapid.SliceOfN(rapid.Byte(), 1, 1500).Draw(r, "bytes")
	for _, x := range b {
		written[x] = true
	}
	if _, err := f.WriteAt(b, off); err != nil {
		r.Fatal(err)
	}
}
