package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/cmd/weir/config"
)

func TestStrays(t *testing.T) {
	tests := []struct {
		entry    string
		problem  bool
		warnings []string // fragments of the only warning
	}{
		{entry: "DS_SERVER__PROT=secret", warnings: []string{"DS_SERVER__PROT", "nearest known name is DS_SERVER__PORT"}},
		{entry: "DS_SERVER_PORT=secret", warnings: []string{"nearest known name is DS_SERVER__PORT"}},
		{entry: "DS_LIMITS__MAX_STREAM=secret", warnings: []string{"nearest known name is DS_LIMITS__MAX_STREAMS"}},
		{entry: "DS_STORAGE__DATADIR=secret", warnings: []string{"nearest known name is DS_STORAGE__DATA_DIR"}},
		{entry: "DS_A\nB=secret", warnings: []string{`"DS_A\nB"`}},
		{entry: "DS_ADMIN__TOKEN=secret", warnings: []string{"DS_ADMIN__TOKEN", "does not serve it"}},
		{entry: "DS_SYNC__DATABASE_URL=secret", warnings: []string{"DS_SYNC__DATABASE_URL", "does not serve it"}},
		{entry: "DS_STORAGE__ACID_SHARDS=secret", warnings: []string{"nearest known name is DS_STORAGE__ACID_SHARD_COUNT"}},
		{entry: "DS_TLS__CERT_PATH=secret", problem: true},
		{entry: "DS_TLS__KEY_PATH=secret", problem: true},
		{entry: "DS_TLS__=secret", problem: true},
		{entry: "DSX=secret"},
		{entry: "ds_server__prot=secret"},
	}
	for _, test := range tests {
		name, _, _ := strings.Cut(test.entry, "=")
		about := name[:min(len(name), 40)]
		_, warnings, err := config.Load([]string{test.entry})

		problems := problemsOf(t, err)
		if got := len(problems) == 1 && slices.Equal(problems[0].Names, []string{name}); got != test.problem {
			t.Errorf("%q: got problems %q, want one: %v", about, problems, test.problem)
		}
		if len(warnings) != min(len(test.warnings), 1) {
			t.Errorf("%q: got %d warnings, want %d", about, len(warnings), min(len(test.warnings), 1))
			continue
		}
		for _, part := range test.warnings {
			if !strings.Contains(warnings[0], part) {
				t.Errorf("%q: got warning %q, want it to contain %q", about, warnings[0], part)
			}
		}
		for _, text := range append(warnings, textsOf(problems)...) {
			if strings.Contains(text, "secret") || len(text) > 300 || strings.Contains(text, "\n") {
				t.Errorf("%q: got message %q, want one short line without the value", about, text)
			}
		}
	}
}

// Comparing a long name with all known ones would take time, and tell nothing.
func TestLongNameIsNotCompared(t *testing.T) {
	_, warnings, err := config.Load([]string{"DS_" + strings.Repeat("X", 1<<16) + "=1"})
	if err != nil || len(warnings) != 1 {
		t.Fatalf("got error %v and %d warnings, want one warning only", err, len(warnings))
	}
	if !strings.HasSuffix(warnings[0], "has no effect") || len(warnings[0]) > 200 {
		t.Errorf("got warning %q, want a short one without a suggestion", warnings[0])
	}
}

func textsOf(problems []config.Problem) []string {
	var texts []string
	for _, p := range problems {
		texts = append(texts, p.Text)
	}
	return texts
}

func TestDirectoryWithMemoryIsAWarning(t *testing.T) {
	_, warnings, err := config.Load([]string{"DS_STORAGE__DATA_DIR=/data"})
	if err != nil {
		t.Fatalf("got error %v, want none", err)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "DS_STORAGE__DATA_DIR") || !strings.Contains(warnings[0], "DS_STORAGE__MODE") {
		t.Errorf("got warnings %q, want one that names both variables", warnings)
	}
}

func TestWarningsComeWithTheError(t *testing.T) {
	_, warnings, err := config.Load([]string{"DS_OOPS=1", "DS_SERVER__PORT=x"})
	if err == nil || len(warnings) != 1 {
		t.Errorf("got error %v and warnings %q, want an error and one warning", err, warnings)
	}
}
