package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
)

const (
	shards       = 4
	shardFolder  = "acid/generation-000001-shards-4"
	damagedShard = shardFolder + "/002.db"
	shardPage    = 4096
	shardStreams = 40 // so many that every shard has some
)

// inShards is the configuration of a server of mode acid in dir.
func inShards(dir string, count int) weirtest.Config {
	return weirtest.Config{
		Binary: weirBinary, Mode: "acid", Dir: dir,
		Env: env{"DS_STORAGE__ACID_SHARD_COUNT": strconv.Itoa(count)},
	}
}

// fillShards makes a data directory with streams in every shard, and ends the
// server that made it by end.
func fillShards(t *testing.T, end func(*weirtest.Server)) (dir string) {
	t.Helper()
	dir = t.TempDir()
	server := weirtest.Start(t, inShards(dir, shards))
	a := newAPI(t, server.URL())
	for i := range shardStreams {
		a.create(fmt.Sprint("kept/", i), plainText, fmt.Sprint("content of ", i))
	}
	end(server)
	return dir
}

// checkShards starts a server on what fillShards made and reads all of it.
func checkShards(t *testing.T, dir string) {
	t.Helper()
	server := weirtest.Start(t, inShards(dir, shards))
	a := newAPI(t, server.URL())
	for i := range shardStreams {
		if got, want := a.text(fmt.Sprint("kept/", i)), fmt.Sprint("content of ", i); got != want {
			t.Errorf("kept/%d: got %q, want %q", i, got, want)
		}
	}
	server.Stop()
}

// wantRefused starts a server that must give up at once, saying all of words,
// and must leave the directory as it is.
func wantRefused(t *testing.T, cfg weirtest.Config, words ...string) {
	t.Helper()
	before := readTree(t, cfg.Dir)
	code, output := weirtest.RunRefused(t, cfg, 20*time.Second)
	if code != 1 {
		t.Errorf("got exit status %d, want 1", code)
	}
	for _, word := range words {
		if !strings.Contains(output, word) {
			t.Errorf("got the message %q, want it to contain %q", output, word)
		}
	}
	wantTree(t, cfg.Dir, before)
}

// TestAnotherShardCountIsRefused wants both numbers and the way out named.
func TestAnotherShardCountIsRefused(t *testing.T) {
	dir := fillShards(t, (*weirtest.Server).Stop)
	for _, count := range []int{1, 2, 8, 256} {
		wantRefused(t, inShards(dir, count), dir, fmt.Sprintf("%d shards", shards), fmt.Sprintf("%d are configured", count),
			"weir reshard", fmt.Sprintf("DS_STORAGE__ACID_SHARD_COUNT=%d", shards))
	}
	checkShards(t, dir)
}

// TestUnreadableShardIsRefused damages one shard file of a server that was killed,
// in ways that a database could take for a new file. The next server must name it
// and leave all files alone; with the file as it was, everything is there.
func TestUnreadableShardIsRefused(t *testing.T) {
	filled, other := fillShards(t, (*weirtest.Server).Kill), fillShards(t, (*weirtest.Server).Kill)
	tests := []struct {
		damage string
		do     func(t *testing.T, file string, good []byte)
	}{
		{"missing", func(t *testing.T, file string, _ []byte) { remove(t, file) }},
		{"empty", func(t *testing.T, file string, _ []byte) { overwrite(t, file, nil) }},
		{"cut short within its first page", func(t *testing.T, file string, good []byte) { overwrite(t, file, good[:100]) }},
		{"cut short to 3 pages", func(t *testing.T, file string, good []byte) { overwrite(t, file, good[:3*shardPage]) }},
		{"zeros", func(t *testing.T, file string, good []byte) { overwrite(t, file, make([]byte, len(good))) }},
		{"zeros behind the first 2 pages", func(t *testing.T, file string, good []byte) {
			overwrite(t, file, append(good[:2*shardPage:2*shardPage], make([]byte, len(good)-2*shardPage)...))
		}},
		{"garbage", func(t *testing.T, file string, good []byte) { overwrite(t, file, garbage(len(good))) }},
		{"garbage behind the first 2 pages", func(t *testing.T, file string, good []byte) {
			overwrite(t, file, append(good[:2*shardPage:2*shardPage], garbage(len(good)-2*shardPage)...))
		}},
		{"another shard's file", func(t *testing.T, file string, _ []byte) {
			overwrite(t, file, read(t, filepath.Join(filled, shardFolder, "001.db")))
		}},
		{"a file of another store", func(t *testing.T, file string, _ []byte) {
			overwrite(t, file, read(t, filepath.Join(other, damagedShard)))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.damage, func(t *testing.T) {
			dir := t.TempDir()
			copyTree(t, filled, dir)
			file := filepath.Join(dir, damagedShard)
			good := read(t, file)

			tt.do(t, file, good)
			wantRefused(t, inShards(dir, shards), dir, damagedShard)
			overwrite(t, file, good)
			checkShards(t, dir)
		})
	}
}

// garbage is n bytes that mean nothing, the same in every run.
func garbage(n int) []byte {
	random := rand.NewChaCha8([32]byte{1})
	b := make([]byte, n)
	_, _ = random.Read(b) // never fails
	return b
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func overwrite(t *testing.T, file string, content []byte) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o640); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, file string) {
	t.Helper()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
}
