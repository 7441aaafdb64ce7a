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
		near     string   // name that the only problem suggests
		warnings []string // fragments of the only warning
	}{
		{entry: "DS_SERVER__PROT=secret", warnings: []string{"DS_SERVER__PROT", "nearest known name is DS_SERVER__PORT"}},
		{entry: "DS_SERVER_PORT=secret", warnings: []string{"nearest known name is DS_SERVER__PORT"}},
		{entry: "DS_LIMITS__MAX_STREAM=secret", warnings: []string{"nearest known name is DS_LIMITS__MAX_STREAMS"}},
		{entry: "DS_STORAGE__DATADIR=secret", warnings: []string{"nearest known name is DS_STORAGE__DATA_DIR"}},
		{entry: "DS_A\nB=secret", warnings: []string{`"DS_A\nB"`}},
		{entry: "DS_SYNC__MIRROR__DATABASE_URL=secret", warnings: []string{"DS_SYNC__MIRROR__DATABASE_URL", "does not serve it"}},
		{entry: "DS_SYNC__DATABASE_ULR=secret", problem: true, near: "DS_SYNC__DATABASE_URL"},
		{entry: "DS_SYNC__SNAPSHOT_CHUNKROWS=secret", problem: true, near: "DS_SYNC__SNAPSHOT_CHUNK_ROWS"},
		{entry: "DS_SYNC__MIRROR=secret", problem: true},
		{entry: "DS_STORAGE__ACID_SHARDS=secret", warnings: []string{"nearest known name is DS_STORAGE__ACID_SHARD_COUNT"}},
		{entry: "DS_TLS__CERT=secret", problem: true},
		{entry: "DS_TLS__CLIENT_CA=secret", problem: true},
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
		if len(problems) > 0 && !strings.Contains(problems[0].Text, test.near) {
			t.Errorf("%q: got problem %q, want it to suggest %s", about, problems[0].Text, test.near)
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

func TestIneffective(t *testing.T) {
	const open, list = "DS_SERVER__HOST=0.0.0.0", "DS_HTTP__CORS_ORIGINS=https://a.example"
	tests := []struct {
		about   string
		environ []string
		want    []string // fragments of the only warning
	}{
		{"a directory with memory", []string{"DS_STORAGE__DATA_DIR=/data"}, []string{"DS_STORAGE__DATA_DIR", "DS_STORAGE__MODE"}},
		{"an identity that anybody could claim", []string{"DS_LIMITS__RATE_IDENTITY_HEADER=X-Sub"},
			[]string{"DS_LIMITS__RATE_IDENTITY_HEADER", "DS_HTTP__TRUSTED_PROXIES"}},
		{"an identity from a proxy", []string{"DS_LIMITS__RATE_IDENTITY_HEADER=X-Sub", "DS_HTTP__TRUSTED_PROXIES=::1"}, nil},
		{"every origin on the network", []string{open}, []string{"DS_HTTP__CORS_ORIGINS=*", "DS_SERVER__HOST"}},
		{"every origin on a name", []string{"DS_SERVER__HOST=weir.example.com"}, []string{"DS_HTTP__CORS_ORIGINS=*"}},
		{"some origins on the network", []string{open, list}, nil},
		{"every origin on this machine", []string{"DS_SERVER__HOST=::1"}, nil},
	}
	for _, test := range tests {
		_, warnings, err := config.Load(test.environ)
		if err != nil || len(warnings) != min(len(test.want), 1) {
			t.Errorf("%s: got error %v and warnings %q, want no error and a warning: %v", test.about, err, warnings, test.want != nil)
			continue
		}
		for _, part := range test.want {
			if !strings.Contains(warnings[0], part) {
				t.Errorf("%s: got warning %q, want it to contain %q", test.about, warnings[0], part)
			}
		}
	}
}

func TestWarningsComeWithTheError(t *testing.T) {
	_, warnings, err := config.Load([]string{"DS_OOPS=1", "DS_SERVER__PORT=x"})
	if err == nil || len(warnings) != 1 {
		t.Errorf("got error %v and warnings %q, want an error and one warning", err, warnings)
	}
}
