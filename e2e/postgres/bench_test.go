package postgres_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestBench: weir bench ingest measures each case and leaves nothing behind.
func TestBench(t *testing.T) {
	dir := keptDir(t)
	if err := os.Chmod(dir, 0o755); err != nil { // for the user postgres
		t.Fatal(err)
	}
	rows := sized("2000", "50000")
	args := []string{"bench", "ingest", "--json", "--rows", rows, "--repeats", "1", "--duration", "1s", "--dir", dir}
	wanted := map[string][]string{
		"large":     {"raw_rows_per_second", "weir_rows_per_second", "ratio"},
		"small16":   {"raw_rows_per_second", "weir_rows_per_second", "ratio"},
		"routed10k": {"raw_rows_per_second", "weir_rows_per_second", "ratio"},
		"latency":   {"commit_to_event_p50_us", "commit_to_event_p99_us"},
		"busy":      {"commit_to_event_p50_us", "commit_to_event_p99_us", "most_per_second", "load_per_second"},
		"codec":     {"ns_per_row"},
		"copy":      {"raw_rows_per_second", "weir_rows_per_second", "ratio"},
		"memory":    {"weir_growth_mib", "weir_growth_bound_mib"},
		"idle":      {"seconds"},
	}
	for name := range wanted {
		args = append(args, "--case", name)
	}
	cmd := exec.CommandContext(t.Context(), weirBinary, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("weir bench ingest: %v\n%s", err, &stderr)
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte{'\n'})
	if len(lines) != 1+len(wanted) {
		t.Fatalf("got %d lines, want a header and %d cases:\n%s", len(lines), len(wanted), out)
	}
	if got := figuresOf(t, lines[0]); got["wal_level"] != "logical" || got["fsync"] != "on" || got["logical_decoding_work_mem"] == nil {
		t.Errorf("header: got %v, want what was measured on", got)
	}
	for _, line := range lines[1:] {
		got := figuresOf(t, line)
		for _, name := range wanted[got["case"].(string)] {
			if n, ok := got[name].(float64); !ok || n <= 0 {
				t.Errorf("%s of case %s: got %v, want a number above 0", name, got["case"], got[name])
			}
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("got %v left behind, error %v, want nothing", left, err)
	}
}

func figuresOf(t *testing.T, line []byte) map[string]any {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal(line, &got); err != nil || got == nil {
		t.Fatalf("figures %q: got error %v, want an object", line, err)
	}
	return got
}
