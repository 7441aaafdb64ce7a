package nginx_test

import (
	"flag"
	"os"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
)

// weirBinary is the server under test: what WEIR_BINARY names, or else the
// command of this repository, built once by TestMain.
var weirBinary = os.Getenv("WEIR_BINARY")

// sideBySide is how many tests run at once unless -parallel says otherwise. What
// takes long here is waiting, which needs no processor.
const sideBySide = "16"

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", sideBySide); err != nil {
		panic("internal error: " + err.Error())
	}
	flag.Parse()
	weirtest.Main(m, "../..", &weirBinary)
}
