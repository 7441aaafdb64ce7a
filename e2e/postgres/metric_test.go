package postgres_test

import (
	"strings"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// metric returns the sum of all series of a counter or gauge of the server.
func (l *lab) metric(name string) float64 {
	l.t.Helper()
	text, err := l.adminPage("/metrics")
	l.must(err)
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	l.must(err)
	family, known := families[name]
	if !known {
		l.t.Fatalf("metrics: got no %s", name)
	}
	sum := 0.0
	for _, series := range family.Metric {
		sum += series.GetCounter().GetValue() + series.GetGauge().GetValue()
	}
	return sum
}

// noDuplicates holds that the server has not been sent a change twice since its
// last start.
func (l *lab) noDuplicates() {
	l.t.Helper()
	if got := l.metric("ds_sync_dropped_duplicates_total"); got != 0 {
		l.t.Errorf("got %v duplicates dropped, want none", got)
	}
}
