package e2e_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// tree is the content of every file below a directory, by relative path. A
// folder has no content and a slash at its end.
type tree map[string]string

func readTree(t *testing.T, dir string) tree {
	t.Helper()
	all := make(tree)
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			all[path+"/"] = ""
			return nil
		}
		content, err := os.ReadFile(filepath.Join(dir, path))
		all[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// wantTree fails the test for everything below dir that is not as it was.
func wantTree(t *testing.T, dir string, before tree) {
	t.Helper()
	after := readTree(t, dir)
	for path, want := range before {
		got, ok := after[path]
		switch {
		case !ok:
			t.Errorf("%s: got it removed, want it as it was", path)
		case got != want:
			t.Errorf("%s: got %d bytes that differ at byte %d, want the %d that were there",
				path, len(got), firstDifference([]byte(got), []byte(want)), len(want))
		}
	}
	for _, path := range slices.Sorted(maps.Keys(after)) {
		if _, ok := before[path]; !ok {
			t.Errorf("%s: got it made, want nothing there", path)
		}
	}
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}
