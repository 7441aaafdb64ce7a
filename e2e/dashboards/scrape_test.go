package dashboards_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
)

// family is what is known of one metric.
type family struct {
	kind   dto.MetricType
	labels map[string]map[string]bool // the values of each
}

// families are the metrics by the names that expressions use: a histogram is there
// as its three series.
type families map[string]family

// byPrometheus are the labels that a scrape gets from who makes it.
var byPrometheus = []string{"job", "instance"}

// server is one way to run the server.
type server struct {
	mode string
	env  map[string]string
}

// servers have every metric together, but for those of TLS and of Postgres.
var servers = []server{
	{"memory", nil},
	{"file-durable", nil},
	{"acid", map[string]string{"DS_STORAGE__ACID_SHARD_COUNT": "2"}},
}

var (
	scrapeOnce sync.Once
	scraped    families
)

// metrics returns all metrics that servers of any kind have, and starts these once.
func metrics(t *testing.T) families {
	t.Helper()
	scrapeOnce.Do(func() {
		all := families{}
		for _, s := range servers {
			all.add(t, s.scrape(t))
		}
		all.add(t, scrapeTLS(t))
		all.add(t, scrapeIngestion(t))
		// What Prometheus makes of a scrape itself.
		all.series("up", dto.MetricType_GAUGE)
		scraped = all
	})
	if scraped == nil {
		t.Fatal("there is no scrape to compare with: see the first test that failed")
	}
	return scraped
}

// scrape runs the server, uses it a little, and asks for its metrics as Prometheus
// does, with a token.
func (s server) scrape(t *testing.T) string {
	t.Helper()
	cfg, admin := s.config(t)
	running := weirtest.Start(t, cfg)
	stream := running.URL() + "/v1/stream/a"
	ask(t, http.MethodPut, stream, "")
	ask(t, http.MethodPost, stream, "x")
	ask(t, http.MethodGet, stream, "")
	text := ask(t, http.MethodGet, "http://"+admin+"/metrics", token)
	running.Stop()
	return text
}

// token is what the admin listener asks for.
const token = "a-token-for-the-test-0123456789"

// config is how to run the server, and where it then is for operators.
func (s server) config(t *testing.T) (cfg weirtest.Config, admin string) {
	t.Helper()
	admin = fmt.Sprint("127.0.0.1:", weirtest.FreePort(t))
	cfg = weirtest.Config{Binary: weirBinary, Mode: s.mode, Env: map[string]string{
		"DS_ADMIN__LISTEN": admin, "DS_ADMIN__TOKEN": token, "DS_INSTANCE_ID": "one",
	}}
	maps.Copy(cfg.Env, s.env)
	if s.mode != "memory" {
		cfg.Dir = t.TempDir()
	}
	return cfg, admin
}

// ask sends a request, with a POST's body or the token of a GET, and returns the body
// of a good answer.
func ask(t *testing.T, method, url, word string) string {
	t.Helper()
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(word)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "text/plain")
	if method == http.MethodGet && word != "" {
		r.Header.Set("Authorization", "Bearer "+word)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= http.StatusMultipleChoices {
		t.Fatalf("%s %s: got status %d, %s and error %v", method, url, answer.StatusCode, text, err)
	}
	return string(text)
}

// add takes a scrape in.
func (all families) add(t *testing.T, text string) {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	found, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("parse scrape: %v", err)
	}
	for name, f := range found {
		for _, m := range f.GetMetric() {
			if f.GetType() != dto.MetricType_HISTOGRAM {
				all.series(name, f.GetType(), m.GetLabel()...)
				continue
			}
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				all.series(name+suffix, dto.MetricType_COUNTER, m.GetLabel()...)
			}
			le := "le"
			all.series(name+"_bucket", dto.MetricType_COUNTER, &dto.LabelPair{Name: &le, Value: new(string)})
		}
	}
}

// series notes one, with the labels that it has.
func (all families) series(name string, kind dto.MetricType, labels ...*dto.LabelPair) {
	f, known := all[name]
	if !known {
		f = family{kind: kind, labels: map[string]map[string]bool{}}
		for _, l := range byPrometheus {
			f.labels[l] = map[string]bool{}
		}
		all[name] = f
	}
	for _, l := range labels {
		if f.labels[l.GetName()] == nil {
			f.labels[l.GetName()] = map[string]bool{}
		}
		f.labels[l.GetName()][l.GetValue()] = true
	}
	if kind == dto.MetricType_SUMMARY {
		f.labels["quantile"] = map[string]bool{}
	}
}
