package kill_test

import (
	"flag"
	"os"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
)

var (
	kills     = flag.Int64("kills", 60, "how often TestKills kills the server in each mode")
	histories = flag.Int("histories", 25, "how many histories TestLinearizable records in each mode")
	seed      = flag.Uint64("seed", 0, "where the random choices begin; 0 takes one from the clock")
)

// The modes that survive a kill.
var durableModes = []string{"file-fast", "file-durable", "acid"}

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

// keptDir returns a directory that outlives the test if it fails, and says so.
func keptDir(t *testing.T, mode string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "weir-kill-"+mode+"-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the data directory is kept: %s", dir)
			return
		}
		os.RemoveAll(dir)
	})
	return dir
}
