package dashboards_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// dashboard is the part of Grafana's JSON that can be wrong without Grafana saying so.
type dashboard struct {
	UID           string
	SchemaVersion int
	Panels        []panel
	Templating    struct{ List []variable }
	Annotations   struct{ List []annotation }
}

type panel struct {
	ID          int
	Type, Title string
	Datasource  datasource
	GridPos     place
	Targets     []target
}

// place is measured in columns, of which there are 24, and rows.
type place struct{ X, Y, W, H int }

type target struct {
	RefID              string
	Expr, LegendFormat string
	Datasource         datasource
}

type datasource struct{ Type, UID string }

type variable struct {
	Name, Type string
	Definition string // of a query: label_values(metric, label)
	Datasource datasource
}

type annotation struct {
	Name, Expr, TitleFormat string
	Datasource              datasource
}

// chosen is how a panel names the data source that the reader has chosen.
var chosen = datasource{Type: "prometheus", UID: "${datasource}"}

func load(t *testing.T) dashboard {
	t.Helper()
	text, err := os.ReadFile(folder + "/grafana/weir.json")
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatalf("weir.json: %v", err)
	}
	if d.UID == "" || d.SchemaVersion < 39 || len(d.Panels) < 40 {
		t.Fatalf("got uid %q, schema %d and %d panels, want a dashboard of a present version", d.UID, d.SchemaVersion, len(d.Panels))
	}
	return d
}

// filled puts something in the place of Grafana's variables, and reports whether the
// reader's choice of servers is among them.
func filled(expr string) (out string, byServer bool) {
	out = strings.NewReplacer("$__rate_interval", "5m", "$instance", "one").Replace(expr)
	return out, strings.Contains(expr, `instance_id=~"$instance"`)
}

// TestPanels: every expression of the dashboard is of metrics that there are, shows
// the servers that were chosen, and has a legend of labels that there are.
func TestPanels(t *testing.T) {
	all := metrics(t)
	for _, p := range load(t).Panels {
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %q: got no expression, want one", p.Title)
		}
		for _, target := range p.Targets {
			if p.Datasource != chosen || target.Datasource != chosen {
				t.Errorf("panel %q: got data sources %v and %v, want %v", p.Title, p.Datasource, target.Datasource, chosen)
			}
			checkQuery(t, all, "panel "+p.Title, target.Expr, target.LegendFormat)
		}
	}
}

func checkQuery(t *testing.T, all families, where, query, template string) {
	t.Helper()
	expr, byServer := filled(query)
	possible, _, err := all.check(expr)
	switch {
	case err != nil:
		t.Errorf("%s: %s: %v", where, query, err)
	case !byServer || strings.Contains(expr, "$"):
		t.Errorf("%s: got %s, want it to be of the chosen servers and to use no other variable", where, query)
	}
	if wrong := checkTemplate(template, possible); err == nil && len(wrong) > 0 {
		t.Errorf("%s: the text %q names labels that the result does not have: %q", where, template, wrong)
	}
}

// TestVariables: the two choices that the panels rest on.
func TestVariables(t *testing.T) {
	d := load(t)
	if len(d.Templating.List) != 2 {
		t.Fatalf("variables: got %d, want two", len(d.Templating.List))
	}
	source, servers := d.Templating.List[0], d.Templating.List[1]
	if source.Name != "datasource" || source.Type != "datasource" {
		t.Errorf("first variable: got %+v, want the data source", source)
	}
	metric, label, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(servers.Definition, "label_values("), ")"), ", ")
	if _, found := metrics(t)[metric].labels[label]; !found || servers.Name != "instance" || label != "instance_id" || servers.Datasource != chosen {
		t.Errorf("second variable: got %+v, want the servers, by a metric that has their names", servers)
	}
	for _, a := range d.Annotations.List {
		checkQuery(t, metrics(t), "annotation "+a.Name, a.Expr, a.TitleFormat)
	}
}

// TestLayout: panels are told apart, fit, and do not lie on one another.
func TestLayout(t *testing.T) {
	ids := map[int]string{}
	taken := map[[2]int]string{}
	for _, p := range load(t).Panels {
		if other, twice := ids[p.ID]; twice || p.ID == 0 || p.Title == "" {
			t.Errorf("panel %q: got the number %d, which %q has too, want one of its own and a title", p.Title, p.ID, other)
		}
		ids[p.ID] = p.Title
		g := p.GridPos
		if g.X < 0 || g.Y < 0 || g.W < 1 || g.H < 1 || g.X+g.W > 24 || g.H > 24 {
			t.Errorf("panel %q: got the place %+v, want one within 24 columns", p.Title, g)
			continue
		}
		for x := g.X; x < g.X+g.W; x++ {
			for y := g.Y; y < g.Y+g.H; y++ {
				if other, there := taken[[2]int{x, y}]; there {
					t.Fatalf("panel %q lies on %q", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}

// leftOff are the metrics of the server that the dashboard has no place for, and why.
var leftOff = map[string]string{
	"weir_draining": "weir_ready shows it, with the component server",
}

// TestEveryMetricIsShown: one that is new gets a panel, or a reason here.
func TestEveryMetricIsShown(t *testing.T) {
	all, shown := metrics(t), map[string]bool{}
	for _, p := range load(t).Panels {
		for _, target := range p.Targets {
			expr, _ := filled(target.Expr)
			if _, used, err := all.check(expr); err == nil {
				for _, name := range used {
					shown[name] = true
				}
			}
		}
	}
	ours := 0
	for name := range all {
		if !isOurs(name) || partOfHistogram(all, name) {
			continue
		}
		ours++
		_, off := leftOff[name]
		switch {
		case shown[name] && off:
			t.Errorf("%s: it is shown, and listed as left off", name)
		case !shown[name] && !off:
			t.Errorf("%s: got no panel, want one or a reason why not", name)
		}
	}
	for name := range leftOff {
		if _, found := all[name]; !found {
			t.Errorf("%s is listed as left off, but no server has it", name)
		}
	}
	if ours < 65 {
		t.Errorf("metrics of the server: got %d, want all", ours)
	}
}

// isOurs tells our metrics from those of the runtime. Those of the ingestion have
// another prefix.
func isOurs(name string) bool {
	return strings.HasPrefix(name, "weir_") || strings.HasPrefix(name, "ds_sync_")
}

// partOfHistogram reports whether a series is the sum or the count of a histogram,
// whose buckets have to be shown.
func partOfHistogram(all families, name string) bool {
	return slices.ContainsFunc([]string{"_sum", "_count"}, func(suffix string) bool {
		base, cut := strings.CutSuffix(name, suffix)
		_, buckets := all[base+"_bucket"]
		return cut && buckets
	})
}
