package dashboards_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"sigs.k8s.io/yaml"
)

// prometheus is Prometheus' own file, as far as this one uses what there is.
type prometheus struct {
	Global struct {
		ScrapeInterval     model.Duration `json:"scrape_interval"`
		ScrapeTimeout      model.Duration `json:"scrape_timeout"`
		EvaluationInterval model.Duration `json:"evaluation_interval"`
	} `json:"global"`
	RuleFiles     []string `json:"rule_files"`
	ScrapeConfigs []struct {
		JobName       string `json:"job_name"`
		MetricsPath   string `json:"metrics_path"`
		Authorization struct {
			Type            string `json:"type"`
			CredentialsFile string `json:"credentials_file"`
		} `json:"authorization"`
		StaticConfigs []struct {
			Targets []string `json:"targets"`
		} `json:"static_configs"`
	} `json:"scrape_configs"`
}

// TestPrometheus: the file scrapes what docker/compose.yaml runs, with the token that
// it is given there, under the name that the alerts know.
func TestPrometheus(t *testing.T) {
	var p prometheus
	text := read(t, "/prometheus/prometheus.yaml")
	if err := yaml.UnmarshalStrict([]byte(text), &p); err != nil {
		t.Fatalf("prometheus.yaml: %v", err)
	}
	if g := p.Global; g.ScrapeTimeout > g.ScrapeInterval || g.ScrapeTimeout <= 0 || g.EvaluationInterval <= 0 {
		t.Errorf("times: got %+v, want a timeout within the interval", g)
	}
	for _, name := range p.RuleFiles {
		read(t, "/prometheus/"+name)
	}
	if len(p.ScrapeConfigs) != 1 || len(p.RuleFiles) != 1 {
		t.Fatalf("got %d jobs and %d files of rules, want one of each", len(p.ScrapeConfigs), len(p.RuleFiles))
	}
	job := p.ScrapeConfigs[0]
	if job.MetricsPath != "/metrics" || job.Authorization.Type != "Bearer" || len(job.StaticConfigs) != 1 || len(job.StaticConfigs[0].Targets) != 1 {
		t.Fatalf("job: got %+v, want one target that wants a token", job)
	}
	compose := read(t, "/compose.yaml")
	_, port, _ := strings.Cut(job.StaticConfigs[0].Targets[0], ":")
	for _, line := range []string{"target: " + job.Authorization.CredentialsFile + "\n", "DS_ADMIN__LISTEN: 0.0.0.0:" + port + "\n"} {
		if !strings.Contains(compose, line) {
			t.Errorf("compose.yaml: got no %q, want what prometheus.yaml rests on", line)
		}
	}
	named := regexp.MustCompile(`job="(\w+)"`).FindAllStringSubmatch(read(t, "/prometheus/alerts.yaml"), -1)
	if len(named) == 0 {
		t.Error("alerts: got no mention of the job, want some")
	}
	for _, m := range named {
		if m[1] != job.JobName {
			t.Errorf("alerts speak of the job %q, want %q", m[1], job.JobName)
		}
	}
}

// read returns a file of docker/.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(folder + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
