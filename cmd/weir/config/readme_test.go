package config_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/weirstreams/weir/cmd/weir/config"
)

// TestREADMEListsVariables holds the README's table against the struct: every
// variable is there with its default, and none that does not exist.
func TestREADMEListsVariables(t *testing.T) {
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	row := regexp.MustCompile("(?m)^\\| `(DS_[A-Z0-9_]+)`(?:, `(DS_[A-Z0-9_]+)`)? \\| (?:`([^`]*)`)? *\\|")
	for _, m := range row.FindAllStringSubmatch(string(readme), -1) {
		for _, name := range m[1:3] {
			listed[name] = m[3]
		}
	}
	delete(listed, "") // rows with one name
	for _, v := range config.Reference() {
		initial, found := listed[v.Name]
		if !found {
			t.Errorf("%s: the README does not list it", v.Name)
		}
		delete(listed, v.Name)
		if initial != v.Default {
			t.Errorf("%s: the README says that its default is %q, want %q", v.Name, initial, v.Default)
		}
	}
	for name := range listed {
		t.Errorf("%s: the README lists it, and it does not exist", name)
	}
}
