package metrics

import (
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/weirstreams/weir/sync/ingest"
)

// maxTables is how many tables of a pipeline have series of their own at most.
const maxTables = 199

// ofTables sends the metrics that have the table for a label.
func (c *syncCollector) ofTables(out chan<- prometheus.Metric, s ingest.Status) {
	for _, r := range rowsOf(s) {
		for op, n := range map[string]int64{"insert": r.Inserts, "update": r.Updates, "delete": r.Deletes, "truncate": r.Truncates} {
			out <- prometheus.MustNewConstMetric(c.rows, prometheus.CounterValue, float64(n), s.Pipeline, r.Table, op)
		}
	}
	for table, rows := range copiesOf(s) {
		out <- prometheus.MustNewConstMetric(c.copied, prometheus.CounterValue, float64(rows.copied), s.Pipeline, table)
		out <- prometheus.MustNewConstMetric(c.remaining, prometheus.GaugeValue, float64(rows.remaining), s.Pipeline, table)
	}
}

// rowsOf are the changes of each table, or of all together where there are too many.
func rowsOf(s ingest.Status) []ingest.TableRows {
	if len(s.Rows) == 0 || len(s.Rows) > maxTables {
		return []ingest.TableRows{{
			Inserts: s.Counts.Inserts, Updates: s.Counts.Updates, Deletes: s.Counts.Deletes, Truncates: s.Counts.Truncates,
		}}
	}
	sums := make(map[string]ingest.TableRows, len(s.Rows))
	for _, r := range s.Rows {
		sum := sums[label(r.Table)]
		sums[label(r.Table)] = ingest.TableRows{
			Table: label(r.Table), Inserts: sum.Inserts + r.Inserts, Updates: sum.Updates + r.Updates,
			Deletes: sum.Deletes + r.Deletes, Truncates: sum.Truncates + r.Truncates,
		}
	}
	return slices.Collect(maps.Values(sums))
}

// copies are rows of a table.
type copies struct{ copied, remaining int64 }

// copiesOf are the copies of each table, or of all together where there are too many.
func copiesOf(s ingest.Status) map[string]copies {
	if len(s.Copies) == 0 {
		return map[string]copies{"": {}}
	}
	apart := len(s.Rows) > 0 && len(s.Rows) <= maxTables && len(s.Copies) <= maxTables
	sums := make(map[string]copies)
	for _, c := range s.Copies {
		table := ""
		if apart {
			table = label(c.Table)
		}
		sum := sums[table]
		// Nobody knows how many are left where that is negative.
		sums[table] = copies{sum.copied + c.Rows, sum.remaining + max(0, c.Remaining)}
	}
	return sums
}

// label is a table's name as a label, which has to be UTF-8. A database may hold anything,
// and two tables may then have one label.
func label(table string) string { return strings.ToValidUTF8(table, "\uFFFD") }
