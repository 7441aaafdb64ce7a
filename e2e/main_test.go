package e2e_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
)

// weirBinary is the server under test: what WEIR_BINARY names, or else the
// command of this repository, built once by TestMain.
var weirBinary = os.Getenv("WEIR_BINARY")

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := buildAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}

func buildAndRun(m *testing.M) (int, error) {
	if weirBinary != "" {
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "weir-e2e-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	weirBinary, err = weirtest.Build(context.Background(), "..", dir)
	if err != nil {
		return 0, err
	}
	return m.Run(), nil
}
