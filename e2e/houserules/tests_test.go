package houserules

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	named    = regexp.MustCompile("`((?:Test|Fuzz)[A-Z][A-Za-z0-9]*)`")
	declared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z][A-Za-z0-9]*)\(`)
)

// TestNamedTestsExist: the tests that ARCHITECTURE.md relies on are there.
func TestNamedTestsExist(t *testing.T) {
	text, err := os.ReadFile("../../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	there := declaredTests(t)
	names := named.FindAllStringSubmatch(string(text), -1)
	if len(names) < 25 {
		t.Fatalf("ARCHITECTURE.md names %d tests, want one for each trap at least", len(names))
	}
	for _, n := range names {
		if !there[n[1]] {
			t.Errorf("ARCHITECTURE.md names %s, which does not exist", n[1])
		}
	}
}

func declaredTests(t *testing.T) map[string]bool {
	t.Helper()
	there := make(map[string]bool)
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.Name() == "node_modules":
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		for _, m := range declared.FindAllStringSubmatch(string(source), -1) {
			there[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return there
}
