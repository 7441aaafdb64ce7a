package config_test

import (
	"strings"
	"testing"
)

// FuzzPipelines: a file is refused with messages on one line each, or there are
// pipelines in it, whose slots differ.
func FuzzPipelines(f *testing.F) {
	for _, seed := range []string{
		"", "-", "[]", "- {}", "a: b", "- slot: a\n  database_url: host=h\n  tables: a.*\n", "- &a {slot: b}\n- *a\n", "- !!map {}\n", "- {? [a] : b}\n",
		"- {slot: a}\n---\n", "\xef\xbb\xbf- {slot: \"\\n\"}\n", "- database_url: postgres://u:password@h:x/d\n", "- database_url: *password\n",
		"- {slot: a, database_url: host=h, tables: a.*, int8: }\n- {database_url: 'host=h password=password', tables: a.*, snapshot_max_wal: 5%}\n", "- slot: |\n    a\n", "- <<: {slot: a}\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cfg, err := loadPipelines(text)
		if err == nil {
			slots := map[string]bool{}
			for _, s := range cfg.Pipelines {
				slots[s.Source.Slot] = true
			}
			if len(slots) == 0 || len(slots) != len(cfg.Pipelines) {
				t.Errorf("%q: got %d pipelines with %d slots, want some, and as many", text, len(cfg.Pipelines), len(slots))
			}
			return
		}
		for _, p := range problemsOf(t, err) {
			if !strings.HasPrefix(p.Text, "DS_SYNC__CONFIG_FILE") || strings.ContainsAny(p.Text, "\n\r") {
				t.Errorf("%q: got message %q, want one line that names the variable", text, p.Text)
			}
		}
	})
}
