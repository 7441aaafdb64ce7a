// Package nodejs runs the scripts of e2e/js and talks with them in JSON lines.
//
// A test calls Require first, then Start for each script; events come from
// Script.Await and Script.Next. Scripts are killed when their test ends.
package nodejs

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// browsers are the names Chromium goes by, the likeliest first.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// Require fails the test unless node and the pinned packages of the folder dir
// are there, and says what to run. With -short it skips the test instead.
func Require(t testing.TB, dir string) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		missing(t, "node is not on the PATH; install Node.js 20 or newer with npm")
	}
	if !packagesAreFresh(dir) {
		missing(t, "the node packages are missing or stale; run: cd e2e && ./setup.sh (or: npm ci)")
	}
}

// RequireChromium is Require for the browser. It returns its path.
func RequireChromium(t testing.TB) string {
	t.Helper()
	for _, name := range browsers {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	missing(t, "Chromium is not on the PATH; run: apt-get update && apt-get install -y chromium")
	return ""
}

// packagesAreFresh compares the lock file with the copy that setup.sh left
// beside the packages it installed. A plain npm ci leaves none; then npm's own
// mark must be there.
func packagesAreFresh(dir string) bool {
	modules := filepath.Join(dir, "node_modules")
	if _, err := os.Stat(filepath.Join(modules, ".package-lock.json")); err != nil {
		return false
	}
	installed, err := os.ReadFile(filepath.Join(modules, ".installed-lock.json"))
	if os.IsNotExist(err) {
		return true
	}
	wanted, werr := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	return err == nil && werr == nil && bytes.Equal(installed, wanted)
}

func missing(t testing.TB, what string) {
	t.Helper()
	if testing.Short() {
		t.Skip(what)
	}
	t.Fatal(what)
}
