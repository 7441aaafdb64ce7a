package dashboards_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"sigs.k8s.io/yaml"
)

// rules is a file of Prometheus' rules, as far as this one uses what there is.
type rules struct {
	Groups []struct {
		Name  string `json:"name"`
		Rules []rule `json:"rules"`
	} `json:"groups"`
}

type rule struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	For         model.Duration    `json:"for"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// alerts returns the rules by name, in the order of the file.
func alerts(t *testing.T) []rule {
	t.Helper()
	text, err := os.ReadFile(folder + "/prometheus/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file rules
	if err := yaml.UnmarshalStrict(text, &file); err != nil {
		t.Fatalf("alerts.yaml: %v", err)
	}
	var all []rule
	names := map[string]bool{}
	for _, g := range file.Groups {
		if g.Name == "" || names[g.Name] {
			t.Errorf("group %q: want a name of its own", g.Name)
		}
		names[g.Name] = true
		all = append(all, g.Rules...)
	}
	if len(all) < 10 {
		t.Fatalf("got %d alerts, want all", len(all))
	}
	return all
}

// TestAlerts: every alert is of metrics that there are, can fire, and says what to do.
func TestAlerts(t *testing.T) {
	all, seen := metrics(t), map[string]bool{}
	for _, r := range alerts(t) {
		if seen[r.Alert] || !strings.HasPrefix(r.Alert, "Weir") {
			t.Errorf("%s: want a name of its own that begins with Weir", r.Alert)
		}
		seen[r.Alert] = true
		possible, _, err := all.check(r.Expr)
		if err != nil {
			t.Errorf("%s: %s: %v", r.Alert, r.Expr, err)
			continue
		}
		if !conditional(t, r.Expr) {
			t.Errorf("%s: got %s, want a comparison: it would fire as long as there is a value", r.Alert, r.Expr)
		}
		if !slices.Contains([]string{"page", "ticket"}, r.Labels["severity"]) {
			t.Errorf("%s: got severity %q, want page or ticket", r.Alert, r.Labels["severity"])
		}
		for _, kind := range []string{"summary", "description"} {
			text := r.Annotations[kind]
			if wrong := checkTemplate(text, possible); text == "" || len(wrong) > 0 {
				t.Errorf("%s: got the %s %q, want one, without %q", r.Alert, kind, text, wrong)
			}
		}
	}
}

// conditional reports whether an expression leaves something out.
func conditional(t *testing.T, expr string) bool {
	t.Helper()
	parsed, err := reader.ParseExpr(expr)
	if err != nil {
		t.Fatal(err)
	}
	switch e := parsed.(type) {
	case *parser.BinaryExpr:
		return e.Op.IsComparisonOperator() || e.Op.IsSetOperator() && conditional(t, e.LHS.String()) && conditional(t, e.RHS.String())
	case *parser.Call:
		return e.Func.Name == "absent"
	default:
		return false
	}
}

// namedMetrics finds what the texts of alerts speak of.
var namedMetrics = regexp.MustCompile(`\b(?:weir|ds_sync)_\w+`)

// TestAlertTexts: metrics that a text tells to look at are there.
func TestAlertTexts(t *testing.T) {
	all, seen := metrics(t), 0
	for _, r := range alerts(t) {
		for _, name := range namedMetrics.FindAllString(r.Annotations["summary"]+" "+r.Annotations["description"], -1) {
			seen++
			_, plain := all[name]
			if _, buckets := all[name+"_bucket"]; !plain && !buckets {
				t.Errorf("%s: it tells to look at %s, which no server has", r.Alert, name)
			}
		}
	}
	if seen == 0 {
		t.Error("got no name of a metric in any text, want those that are there")
	}
}
