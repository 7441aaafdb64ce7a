package pgserver

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// errNotFound says which programs are missing, and where they were looked for.
var errNotFound = errors.New("no Postgres programs found by pg_config, in /usr/lib/postgresql/*/bin or in PATH: install the server's package, which has postgres, initdb and pg_recvlogical")

// Programs returns the directory that has all of the named programs.
func Programs(names ...string) (string, error) {
	for _, dir := range places() {
		if hasAll(dir, names) {
			return dir, nil
		}
	}
	return "", errNotFound
}

// places are directories that may have Postgres' programs, the best first.
func places() []string {
	var dirs []string
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	// The pattern is a constant, the one thing that Glob can find fault with.
	packaged, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.Sort(packaged)
	slices.Reverse(packaged) // versions of two digits: the newest first
	dirs = append(dirs, packaged...)
	return append(dirs, filepath.SplitList(os.Getenv("PATH"))...)
}

func hasAll(dir string, names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		info, err := os.Stat(filepath.Join(dir, name))
		return err != nil || info.IsDir()
	})
}
