// Package weirtest builds the weir binary and runs it as an operator does: with
// DS_* variables, on a port, with signals.
//
// Start with Main, once for a test binary, and Start, once for a server. A
// Server belongs to the test that started it: it is killed when the test ends,
// and if the test failed, its log is printed.
package weirtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Main is all that a TestMain does, after it has parsed its flags: it builds the
// weir command of the module at root into *binary, unless that names one already,
// runs the tests, and ends the process.
func Main(m *testing.M, root string, binary *string) {
	code, err := buildAndRun(m, root, binary)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}

func buildAndRun(m *testing.M, root string, binary *string) (int, error) {
	if *binary != "" {
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "weir-e2e-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if *binary, err = Build(context.Background(), root, dir); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// Build compiles the weir command of the module at root into dir and returns
// the path of the binary. A test binary built with -race gets a server built
// with -race. The tags are build tags.
func Build(ctx context.Context, root, dir string, tags ...string) (string, error) {
	binary := filepath.Join(dir, "weir")
	args := []string{"build", "-o", binary, "-tags", strings.Join(tags, ",")}
	if raceEnabled {
		args = append(args, "-race")
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "./cmd/weir")...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build ./cmd/weir: %w\n%s", err, out)
	}
	return binary, nil
}
