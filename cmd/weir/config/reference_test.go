package config_test

import (
	"strings"
	"testing"

	"github.com/weirstreams/weir/cmd/weir/config"
)

func TestReferenceIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range config.Reference() {
		if seen[row.Name] {
			t.Errorf("%s: got it twice, want it once", row.Name)
		}
		seen[row.Name] = true
		if strings.Count(row.Name, "__") != 1 && row.Name != "DS_INSTANCE_ID" || strings.ToUpper(row.Name) != row.Name {
			t.Errorf("name: got %q, want DS_SECTION__NAME in capitals", row.Name)
		}
		if row.Allowed == "" || row.Help == "" || strings.HasSuffix(row.Help, ".") {
			t.Errorf("%s: got allowed %q and help %q, want both, without a full stop", row.Name, row.Allowed, row.Help)
		}
	}
}
