package metrics_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/metrics"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/stream/httpapi"
)

// allParts are the collectors of a server that has everything.
func allParts() []prometheus.Collector {
	return []prometheus.Collector{
		metrics.NewStore(everything, &metrics.Options{Log: true}),
		metrics.NewEngine(func() stream.Counts { return busy }),
		metrics.NewHTTP(func() httpapi.Stats { return served }),
		metrics.NewScrubs(func() metrics.Scrubs { return metrics.Scrubs{} }),
		metrics.NewRoom(func() (metrics.Room, bool) { return metrics.Room{Bytes: 1, Inodes: 2}, true }),
		metrics.NewCertificate(func() time.Time { return time.Unix(3, 0) }),
		metrics.NewReady(func() map[string]bool { return map[string]bool{"storage": true} }),
	}
}

func TestScrapeIsCleanText(t *testing.T) {
	status, text := scrape(t, zerolog.Nop(), allParts()...)
	if status != http.StatusOK {
		t.Fatalf("status: got %d, want %d", status, http.StatusOK)
	}
	for _, line := range []string{
		"# TYPE weir_streams gauge",
		"# TYPE weir_store_commits_total counter",
		`weir_streams{instance_id="test"} 3`,
		`weir_acid_syncs_total{instance_id="test",shard="001"} 53`,
		`weir_store_sync_seconds_bucket{instance_id="test",le="0.002"} 1`,
		`weir_build_info{goversion="go1.26.8",instance_id="test",revision="0123abcd",version="v1.2.3"} 1`,
	} {
		if !hasLine(text, line) {
			t.Errorf("scrape: got no line %q, want one in\n%s", line, text)
		}
	}
	for _, name := range []string{"\ngo_goroutines{instance_id=\"test\"} ", "\nprocess_cpu_seconds_total{instance_id=\"test\"} "} {
		if !strings.Contains(text, name) {
			t.Errorf("scrape: got no sample%q, want one", name)
		}
	}

	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil {
		t.Fatalf("parse scrape: got %v, want no error", err)
	}
	for _, p := range problems {
		t.Errorf("%s: got the complaint %q, want none", p.Metric, p.Text)
	}
}

// What dashboards show is the help text, and a number without a unit is a riddle.
func TestHelpTexts(t *testing.T) {
	_, text := scrape(t, zerolog.Nop(), allParts()...)
	ours := 0
	for line := range strings.SplitSeq(text, "\n") {
		rest, help := strings.CutPrefix(line, "# HELP weir_")
		if !help {
			continue
		}
		ours++
		name, words, _ := strings.Cut(rest, " ")
		unit := strings.HasPrefix(words, "Number of ") || strings.HasSuffix(words, ", in bytes.") ||
			strings.HasPrefix(words, "Time ") && strings.HasSuffix(words, ", in seconds.") ||
			strings.HasPrefix(words, "1 when ") || name == "build_info"
		if !unit || !strings.HasSuffix(words, ".") {
			t.Errorf("help of weir_%s: got %q, want a sentence that says what is counted", name, words)
		}
		base := strings.TrimSuffix(name, "_total")
		if strings.HasSuffix(base, "_bytes") != strings.HasSuffix(words, ", in bytes.") {
			t.Errorf("help of weir_%s: got %q, want bytes in both or neither", name, words)
		}
		if strings.HasSuffix(base, "_seconds") != (strings.HasSuffix(words, ", in seconds.") || strings.HasPrefix(words, "Number of seconds ")) {
			t.Errorf("help of weir_%s: got %q, want seconds in both or neither", name, words)
		}
	}
	if ours != 51 {
		t.Errorf("metrics of our own: got %d, want 51", ours)
	}
}

func TestOneNameTwiceIsRefused(t *testing.T) {
	part := metrics.NewStore(everything, nil)
	if _, err := metrics.NewRegistry(metrics.Build{}, "test", part, part); err == nil {
		t.Error("one part twice: got no error, want one")
	}
}

// failing is a collector that has nothing but an error.
type failing struct{ desc *prometheus.Desc }

func (f failing) Describe(out chan<- *prometheus.Desc) { out <- f.desc }
func (f failing) Collect(out chan<- prometheus.Metric) {
	out <- prometheus.NewInvalidMetric(f.desc, errors.New("sensor unplugged"))
}

func TestFailedScrapeIsLogged(t *testing.T) {
	var log bytes.Buffer
	status, _ := scrape(t, zerolog.New(&log), failing{prometheus.NewDesc("weir_heat_celsius", "Heat.", nil, nil)})
	if status != http.StatusInternalServerError {
		t.Errorf("status: got %d, want %d", status, http.StatusInternalServerError)
	}
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, `"level":"warn"`) || !strings.Contains(got, "sensor unplugged") {
		t.Errorf("log: got %q, want one warning that gives the reason", got)
	}
}

// blocking is a collector that takes as long as it is told to.
type blocking struct {
	failing
	entered, release chan struct{}
}

func (b blocking) Collect(out chan<- prometheus.Metric) {
	b.entered <- struct{}{}
	<-b.release
	out <- prometheus.MustNewConstMetric(b.desc, prometheus.GaugeValue, 1)
}

func TestScrapesAtATimeAreBounded(t *testing.T) {
	const most = 4
	slow := blocking{
		failing{prometheus.NewDesc("weir_heat_celsius", "Heat.", nil, nil)},
		make(chan struct{}), make(chan struct{}),
	}
	registry, err := metrics.NewRegistry(metrics.Build{}, "test", slow)
	if err != nil {
		t.Fatal(err)
	}
	handler := metrics.Handler(registry, zerolog.Nop())
	ask := func() int {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		return answer.Code
	}

	statuses := make(chan int, most)
	for range most {
		go func() { statuses <- ask() }()
		<-slow.entered
	}
	more := make(chan int, 1)
	go func() { more <- ask() }()
	select {
	case got := <-more:
		if got != http.StatusServiceUnavailable {
			t.Errorf("one more scrape than %d: got status %d, want %d", most, got, http.StatusServiceUnavailable)
		}
	case <-slow.entered:
		t.Errorf("one more scrape than %d: got it collecting too, want status %d", most, http.StatusServiceUnavailable)
	}
	close(slow.release)
	for range most {
		if got := <-statuses; got != http.StatusOK {
			t.Errorf("one of %d scrapes: got status %d, want %d", most, got, http.StatusOK)
		}
	}
}
