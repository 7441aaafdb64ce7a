package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
)

// What a reshard that was killed leaves beside the streams: an unfinished folder
// before its end, the old generation after it.
const (
	olderFolder      = "acid/generation-000001-shards-1"
	newerFolder      = "acid/generation-000002-shards-4"
	unfinishedFolder = "acid/building"
)

// arrangeLeftovers makes a directory with two generations, the newer of which
// has the streams of fillShards, and one that was never finished.
func arrangeLeftovers(t *testing.T) (dir string) {
	t.Helper()
	newer := fillShards(t, (*weirtest.Server).Stop)
	dir = t.TempDir()
	server := weirtest.Start(t, inShards(dir, 1))
	a := newAPI(t, server.URL())
	a.create("kept/0", plainText, "of the older generation")
	a.create("dropped", plainText, "of the older generation")
	server.Stop()

	copyTree(t, filepath.Join(newer, shardFolder), filepath.Join(dir, newerFolder))
	if err := os.Mkdir(filepath.Join(dir, unfinishedFolder), 0o750); err != nil {
		t.Fatal(err)
	}
	overwrite(t, filepath.Join(dir, unfinishedFolder, "000.db"), garbage(3*shardPage))
	return dir
}

// TestLeftoversOfAReshard wants the newer generation served, the leftovers named
// in the log and left as they are, and the older count refused.
func TestLeftoversOfAReshard(t *testing.T) {
	dir := arrangeLeftovers(t)
	older := readTree(t, filepath.Join(dir, olderFolder))
	unfinished := readTree(t, filepath.Join(dir, unfinishedFolder))
	wantRefused(t, inShards(dir, 1), "4 shards", "1 are configured", "weir reshard")

	server := weirtest.Start(t, inShards(dir, shards))
	a := newAPI(t, server.URL())
	a.want(404, "GET", "dropped", nil, "")
	a.append("kept/0", plainText, ", and more")
	server.Kill()
	server.Restart()
	if got, want := a.text("kept/0"), "content of 0, and more"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	server.Stop()

	if log := server.Log(); !strings.Contains(log, olderFolder) {
		t.Errorf("got the log %s, want a line that names %s", log, olderFolder)
	}
	wantTree(t, filepath.Join(dir, olderFolder), older)
	wantTree(t, filepath.Join(dir, unfinishedFolder), unfinished)
}

// TestMissingNewerShardIsNotReplaced damages the newer generation: the older one,
// which opens, must not be served in its place.
func TestMissingNewerShardIsNotReplaced(t *testing.T) {
	dir := arrangeLeftovers(t)
	remove(t, filepath.Join(dir, newerFolder, "003.db"))
	wantRefused(t, inShards(dir, shards), dir, newerFolder+"/003.db")
	wantRefused(t, inShards(dir, 1), dir, "4 shards", "1 are configured")
}

// TestTwoGenerationsOfOneNumberAreRefused: no reshard leaves that behind, so
// which of them counts is for a person to say.
func TestTwoGenerationsOfOneNumberAreRefused(t *testing.T) {
	dir := fillShards(t, (*weirtest.Server).Stop)
	copyTree(t, filepath.Join(dir, shardFolder), filepath.Join(dir, "acid/generation-000001-shards-2"))
	for _, count := range []int{2, shards} {
		wantRefused(t, inShards(dir, count), dir, "two generations", "acid")
	}
}

// TestUnfinishedFirstStartIsBegunAgain: what was never published holds nothing
// that was acknowledged.
func TestUnfinishedFirstStartIsBegunAgain(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, unfinishedFolder), 0o750); err != nil {
		t.Fatal(err)
	}
	overwrite(t, filepath.Join(dir, unfinishedFolder, "000.db"), garbage(3*shardPage))
	server := weirtest.Start(t, inShards(dir, shards))
	a := newAPI(t, server.URL())
	a.create("first", plainText, "content")
	server.Kill()
	server.Restart()
	if got, want := a.text("first"), "content"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
