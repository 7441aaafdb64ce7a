package faults_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// root is the folder of the server's module.
const root = "../.."

// patience is how long one run of tests may take, far above what any needs: a
// fault may also show in a test that never ends.
const patience = 3 * time.Minute

// fault is one wrong change of the server, and who must notice it.
type fault struct {
	name string
	file string // within the server's module
	// old must be in the file exactly once; new takes its place.
	old, new string
	pkg      string // of the tests, such as ./stream/crashlab
	tests    string // as -run takes them
}

// TestEveryFaultIsCaught runs, for each fault, the tests that must catch it.
func TestEveryFaultIsCaught(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the server's tests once for every fault")
	}
	for _, f := range faults {
		t.Run(strings.ReplaceAll(f.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			overlay, err := f.overlay(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			out, failed, err := f.run(t.Context(), overlay)
			if err != nil {
				t.Fatalf("run the tests: %v\n%s", err, out)
			}
			if !failed {
				t.Errorf("%s with the fault in %s: got no failure of %s\n%s", f.pkg, f.file, f.tests, out)
			}
		})
	}
}

// TestNamesAreUnique keeps a report from speaking of two faults.
func TestNamesAreUnique(t *testing.T) {
	seen := make(map[string]bool)
	for _, f := range faults {
		if seen[f.name] {
			t.Errorf("fault %q is there twice", f.name)
		}
		seen[f.name] = true
	}
}

// overlay writes the faulty source and the file that tells the compiler of it.
func (f *fault) overlay(dir string) (string, error) {
	original, err := filepath.Abs(filepath.Join(root, f.file))
	if err != nil {
		return "", err
	}
	source, err := os.ReadFile(original)
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(source), f.old); n != 1 {
		return "", fmt.Errorf("%s holds %q %d times, want once: the fault has to follow the code", f.file, f.old, n)
	}
	faulty := filepath.Join(dir, filepath.Base(f.file))
	if err := os.WriteFile(faulty, []byte(strings.Replace(string(source), f.old, f.new, 1)), 0o600); err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": {original: faulty}})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, text, 0o600)
}

// run reports whether the tests failed. That they could not be built or did not
// run is an error.
func (f *fault) run(ctx context.Context, overlay string) (out string, failed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "test", "-overlay", overlay, "-count=1", "-failfast", "-run", f.tests, f.pkg)
	cmd.Dir = root
	cmd.WaitDelay = time.Second
	text, err := cmd.CombinedOutput()
	out = string(text)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && strings.Contains(out, "[build failed]"), strings.Contains(out, "[setup failed]"):
		return out, false, errors.New("the faulty source does not compile")
	case strings.Contains(out, "no tests to run"):
		return out, false, errors.New("no test has this name")
	case errors.As(err, &exit):
		return out, true, nil
	default:
		return out, false, err
	}
}
