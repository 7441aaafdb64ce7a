package dashboards_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// reader reads what a Prometheus without extras can.
var reader = parser.NewParser(parser.Options{})

// growing are the functions that make something of a counter; others see a number
// that says when the server was started.
var growing = []string{"rate", "irate", "increase", "resets", "changes"}

// check holds one expression against the metrics that there are. It returns the labels
// that its result may have, and the metrics that it is made of.
func (all families) check(expr string) (possible map[string]bool, used []string, err error) {
	parsed, err := reader.ParseExpr(expr)
	if err != nil {
		return nil, nil, err
	}
	c := checker{all: all, labels: map[string]bool{}}
	parser.Inspect(parsed, func(n parser.Node, path []parser.Node) error {
		if selector, ok := n.(*parser.VectorSelector); ok {
			c.selector(selector, path)
		}
		return nil
	})
	// Once all labels are known.
	parser.Inspect(parsed, func(n parser.Node, _ []parser.Node) error {
		switch n := n.(type) {
		case *parser.AggregateExpr:
			c.known("aggregates by", n.Grouping)
		case *parser.BinaryExpr:
			if n.VectorMatching != nil {
				c.known("matches on", n.VectorMatching.MatchingLabels)
			}
		}
		return nil
	})
	if len(c.wrong) > 0 {
		return nil, nil, fmt.Errorf("%s", strings.Join(c.wrong, "; "))
	}
	return c.labels, c.used, nil
}

// checker gathers what is wrong with one expression.
type checker struct {
	all    families
	labels map[string]bool // of all its metrics
	used   []string
	wrong  []string
}

func (c *checker) complain(format string, args ...any) {
	c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
}

func (c *checker) selector(s *parser.VectorSelector, path []parser.Node) {
	f, found := c.all[s.Name]
	if !found {
		c.complain("no server has a metric %q", s.Name)
		return
	}
	c.used = append(c.used, s.Name)
	for name := range f.labels {
		c.labels[name] = true
	}
	for _, m := range s.LabelMatchers {
		if m.Name != model.MetricNameLabel {
			c.matcher(s.Name, f, m)
		}
	}
	function := calls(path)
	switch counter := f.kind == dto.MetricType_COUNTER; {
	case counter && !slices.Contains(growing, function):
		c.complain("%s only grows: how fast is what can be shown", s.Name)
	case !counter && slices.Contains(growing, function) && function != "changes":
		c.complain("%s of %s, which goes up and down", function, s.Name)
	}
}

// matcher: an equality has to find something, where the values are known in advance.
func (c *checker) matcher(metric string, f family, m *labels.Matcher) {
	values, found := f.labels[m.Name]
	switch {
	case !found:
		c.complain("%s has no label %q", metric, m.Name)
	case m.Type == labels.MatchEqual && len(values) > 0 && !values[m.Value]:
		c.complain("%s has no %s=%q, only %v", metric, m.Name, m.Value, slices.Sorted(maps.Keys(values)))
	}
}

func (c *checker) known(what string, names []string) {
	for _, name := range names {
		if !c.labels[name] {
			c.complain("it %s %q, which no metric in it has", what, name)
		}
	}
}

// calls is the innermost function that a range of values goes to, or "".
func calls(path []parser.Node) string {
	if len(path) < 2 {
		return ""
	}
	if _, ranged := path[len(path)-1].(*parser.MatrixSelector); !ranged {
		return ""
	}
	for _, n := range slices.Backward(path) {
		if call, ok := n.(*parser.Call); ok {
			return call.Func.Name
		}
	}
	return ""
}

// templated are the labels that a text takes from a result, as Grafana and as
// Prometheus write it.
var templated = regexp.MustCompile(`\{\{\s*(?:\$labels\.)?([a-zA-Z_]\w*)\s*\}\}`)

// checkTemplate returns the labels in a text that the result of an expression cannot
// have.
func checkTemplate(text string, possible map[string]bool) (wrong []string) {
	for _, m := range templated.FindAllStringSubmatch(text, -1) {
		if !possible[m[1]] {
			wrong = append(wrong, m[1])
		}
	}
	return wrong
}

// TestCheck: what is wrong with an expression is found.
func TestCheck(t *testing.T) {
	all := metrics(t)
	for _, good := range []string{
		`up{job="weir"} == 0`,
		`sum by (kind) (rate(weir_http_requests_total{status=~"5.."}[5m]))`,
		`histogram_quantile(0.99, sum by (le) (rate(weir_store_sync_seconds_bucket[5m])))`,
		`weir_subscribers{mode="sse"}`,
		`changes(process_start_time_seconds[5m])`,
	} {
		if _, used, err := all.check(good); err != nil || len(used) != 1 {
			t.Errorf("%s: got %v and error %v, want no error and one metric", good, used, err)
		}
	}
	for _, bad := range []struct{ expr, want string }{
		{`sum by (kind (rate(weir_appends_total[5m]))`, "parse error"},
		{`rate(weir_appends_totals[5m])`, "weir_appends_totals"},
		{`rate(weir_appends_total)`, "expected type range vector"},
		{`weir_appends_total`, "only grows"},
		{`sum(weir_appends_total)`, "only grows"},
		{`rate(weir_streams[5m])`, "goes up and down"},
		{`max_over_time(weir_appends_total[5m])`, "only grows"},
		{`weir_streams{stream="a"}`, `no label "stream"`},
		{`weir_subscribers{mode="websocket"}`, "websocket"},
		{`sum by (mode) (weir_streams)`, "aggregates by"},
		{`weir_streams / on (mode) weir_streams_active`, "matches on"},
		{`rate(weir_store_sync_seconds[5m])`, "weir_store_sync_seconds"},
	} {
		if _, _, err := all.check(bad.expr); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%s: got error %v, want one about %q", bad.expr, err, bad.want)
		}
	}
	if got := checkTemplate("{{ $labels.mode }} of {{kind}} at {{ $value | humanize }}", map[string]bool{"mode": true}); !slices.Equal(got, []string{"kind"}) {
		t.Errorf("labels that are not there: got %q, want kind", got)
	}
}
