package postgres_test

import (
	"flag"
	"os"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
)

var (
	seed = flag.Uint64("seed", 0, "where the random choices begin; 0 takes one from the clock")
	// everything asks for the long form of the scenarios.
	everything = os.Getenv("WEIR_POSTGRES_ALL") == "1"
)

// weirBinary is the server under test: what WEIR_BINARY names, or else the
// command of this repository, built once by TestMain.
var weirBinary = os.Getenv("WEIR_BINARY")

func TestMain(m *testing.M) {
	flag.Parse()
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano()) % 1e9
	}
	weirtest.Main(m, "../..", &weirBinary)
}

// sized returns the size of a scenario in its short and its long form.
func sized[N any](short, long N) N {
	if everything {
		return long
	}
	return short
}

// keptDir returns a directory that outlives the test if it fails, and says so.
func keptDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "weir-postgres-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d; the data directory is kept: %s", *seed, dir)
			return
		}
		os.RemoveAll(dir)
	})
	return dir
}
