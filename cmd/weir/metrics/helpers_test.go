package metrics_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/metrics"
	"github.com/weirstreams/weir/store"
)

// fixed is an engine whose figures are given.
type fixed struct {
	stats  store.Stats
	active int
	health error
}

func (f fixed) Stats() (store.Stats, int) { return f.stats, f.active }
func (f fixed) Health() error             { return f.health }

// samples are the values of a scrape by their names, labels included:
// weir_acid_file_bytes{shard="000"}. Of a histogram there are the count, the sum, and
// the buckets with something in them.
type samples map[string]float64

// gather collects what one collector has, in a registry that also holds it
// against its descriptions.
func gather(t *testing.T, c prometheus.Collector) samples {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(c); err != nil {
		t.Fatalf("register: got %v, want no error", err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatalf("gather: got %v, want no error", err)
	}
	got := samples{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			name := family.GetName()
			for _, label := range m.GetLabel() {
				name += "{" + label.GetName() + `="` + label.GetValue() + `"}`
			}
			if h := m.GetHistogram(); h != nil {
				got[name+"_count"], got[name+"_sum"] = float64(h.GetSampleCount()), h.GetSampleSum()
				for _, b := range h.GetBucket() {
					if b.GetCumulativeCount() > 0 {
						got[fmt.Sprintf("%s_bucket{le=%q}", name, fmt.Sprint(b.GetUpperBound()))] = float64(b.GetCumulativeCount())
					}
				}
				continue
			}
			// Of the two, the one that the metric is not has no value.
			got[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return got
}

// dropBuckets leaves histograms their count and sum.
func (got samples) dropBuckets() {
	maps.DeleteFunc(got, func(name string, _ float64) bool { return strings.Contains(name, "_bucket{") })
}

// expect compares all samples, in both directions.
func (got samples) expect(t *testing.T, want samples) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if value, found := got[name]; !found || value != want[name] {
			t.Errorf("%s: got %v (found: %v), want %v", name, value, found, want[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, wanted := want[name]; !wanted {
			t.Errorf("%s: got %v, want no such sample", name, got[name])
		}
	}
}

// scrape asks a registry with these parts over HTTP, and returns the status and
// the answer.
func scrape(t *testing.T, log zerolog.Logger, parts ...prometheus.Collector) (int, string) {
	t.Helper()
	build := metrics.Build{Version: "v1.2.3", Revision: "0123abcd", GoVersion: "go1.26.8"}
	registry, err := metrics.NewRegistry(build, "test", parts...)
	if err != nil {
		t.Fatalf("make registry: got %v, want no error", err)
	}
	answer := httptest.NewRecorder()
	metrics.Handler(registry, log).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return answer.Code, answer.Body.String()
}

// hasLine reports whether text has exactly this line.
func hasLine(text, line string) bool {
	return slices.Contains(strings.Split(text, "\n"), line)
}
