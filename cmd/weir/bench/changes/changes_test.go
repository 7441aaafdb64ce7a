package changes_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/cmd/weir/bench/changes"
)

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		runs []time.Duration
		want float64
	}{
		{[]time.Duration{3 * time.Second}, 3},
		{[]time.Duration{3 * time.Second, time.Second, 2 * time.Second}, 2},
		{[]time.Duration{3 * time.Second, time.Second}, 1},
	} {
		if got := changes.Median(tt.runs...); got != tt.want {
			t.Errorf("median of %v: got %v, want %v", tt.runs, got, tt.want)
		}
	}
}

func TestSumSyncs(t *testing.T) {
	for _, tt := range []struct {
		metrics string
		want    int64
	}{
		{"weir_store_syncs_total{instance_id=\"a b\"} 12\nweir_store_syncs_other 5\n", 12},
		{"weir_acid_syncs_total{shard=\"0\"} 1\nweir_acid_syncs_total{shard=\"1\"} 2e+03\n", 2001},
	} {
		if got, err := changes.SumSyncs(strings.NewReader(tt.metrics)); err != nil || got != tt.want {
			t.Errorf("%q: got %d, error %v, want %d", tt.metrics, got, err, tt.want)
		}
	}
	for _, metrics := range []string{"", "weir_store_syncs_total many\n", "weir_store_commits_total 1\n"} {
		if got, err := changes.SumSyncs(strings.NewReader(metrics)); err == nil {
			t.Errorf("%q: got %d, want an error", metrics, got)
		}
	}
}

// row is an event as streams have it.
func row(key int) string {
	return fmt.Sprintf(`{"type":"orders","key":"%d","value":{"kind":"\"headers\":{\"operation\":\"insert\""},"headers":{"operation":"insert","txid":"7"}},`, key)
}

func TestArrived(t *testing.T) {
	for _, tt := range []struct {
		data       string
		next, want int
		wrong      bool
	}{
		{data: row(0), next: 0, want: 1},
		{data: row(1) + row(2) + row(3), next: 1, want: 4},
		{data: "[]", next: 2, want: 2},
		{data: row(2), next: 1, want: 1, wrong: true},          // one is missing
		{data: row(1) + row(1), next: 1, want: 2, wrong: true}, // one came twice
		{data: row(5), next: 5, want: 5, wrong: true},          // beyond the last
		{data: `"key":"x"`, next: 0, want: 0, wrong: true},
	} {
		got, err := changes.Arrived(5, tt.data, tt.next)
		if got != tt.want || (err != nil) != tt.wrong {
			t.Errorf("%s after row %d: got %d, error %v, want %d, error %v", tt.data, tt.next-1, got, err, tt.want, tt.wrong)
		}
	}
}

// TestCountEvents counts over pages, and only what is an event.
func TestCountEvents(t *testing.T) {
	pages := map[string]string{"-1": "[" + row(1) + row(2) + "]", "7": "[" + row(3) + "]"}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		offset := r.URL.Query().Get("offset")
		page, ok := pages[offset]
		switch {
		case r.URL.Path != "/stream" || !ok:
			w.WriteHeader(http.StatusNotFound)
			return
		case offset == "-1":
			w.Header().Set("Stream-Next-Offset", "7")
		default:
			w.Header().Set("Stream-Next-Offset", "9")
			w.Header().Set("Stream-Up-To-Date", "true")
		}
		fmt.Fprint(w, page)
	}))
	defer server.Close()
	for path, want := range map[string]int{"/stream": 3, "/none": 0} {
		if got, err := changes.CountEvents(context.Background(), server.URL+path); err != nil || got != want {
			t.Errorf("%s: got %d, error %v, want %d", path, got, err, want)
		}
	}
	server.Close()
	if got, err := changes.CountEvents(context.Background(), server.URL+"/stream"); err == nil {
		t.Errorf("of no server: got %d, want an error", got)
	}
}

func TestCasesAreNamedOnce(t *testing.T) {
	seen := make(map[string]bool)
	for _, c := range changes.Cases() {
		if seen[c.Name] || c.Name == "" || c.What == "" {
			t.Errorf("got case %q, %q, want a name of its own and what it is about", c.Name, c.What)
		}
		seen[c.Name] = true
	}
}
