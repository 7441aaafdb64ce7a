package flood_test

import (
	"os"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
)

// weirBinary is the server under test: what WEIR_BINARY names, or else the
// command of this repository, built once by TestMain.
var weirBinary = os.Getenv("WEIR_BINARY")

func TestMain(m *testing.M) {
	weirtest.Main(m, "../..", &weirBinary)
}
