package dashboards_test

import (
	"flag"
	"os"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
)

const (
	root   = "../.."
	folder = root + "/docker"
)

// weirBinary is the server under test: what WEIR_BINARY names, or else the command of
// this repository, built once by TestMain.
var weirBinary = os.Getenv("WEIR_BINARY")

func TestMain(m *testing.M) {
	flag.Parse()
	weirtest.Main(m, root, &weirBinary)
}
