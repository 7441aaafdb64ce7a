package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/weirstreams/weir/sync/ingest"
)

// syncCollector never changes after it was made.
type syncCollector struct {
	read       func() []ingest.Status
	table      []figure[ingest.Status]
	slot       []figure[ingest.Status] // of a slot that is there
	safe       figure[ingest.Status]   // of one whose log is limited
	rows       *prometheus.Desc
	copied     *prometheus.Desc
	remaining  *prometheus.Desc
	reconnects *prometheus.Desc
	state      *prometheus.Desc
	slotStatus *prometheus.Desc
	txBytes    *prometheus.Desc
	durable    *prometheus.Desc
}

// NewSync returns the collector of what read returns, which is called for every
// scrape: pipelines that bring changes from Postgres in. There are few, and each has
// its name in the label pipeline. What counts rows has the label table beside it, which
// is empty for all tables together where a pipeline has too many. The names begin with
// ds_sync_, as others know them.
func NewSync(read func() []ingest.Status) prometheus.Collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, append([]string{"pipeline"}, labels...), nil)
	}
	return &syncCollector{
		read:  read,
		table: ofSync(),
		slot:  ofSlot(),
		safe: gauge("ds_sync_slot_safe_bytes", "Bytes of log that the database can still write before the slot may be lost, if there is a limit, in bytes.",
			func(s ingest.Status) int64 { return *s.Row.SafeBytes }, "pipeline"),
		rows:       desc("ds_sync_rows_total", "Number of changes of rows handled since the start, by the table, below 200 of them, and the operation; a truncate is one.", "table", "op"),
		copied:     desc("ds_sync_snapshot_rows_total", "Number of rows copied since the start, by the table, below 200 of them.", "table"),
		remaining:  desc("ds_sync_snapshot_remaining_rows", "Number of rows still to be copied, by an estimate and by the table, below 200 of them.", "table"),
		reconnects: desc("ds_sync_reconnects_total", "Number of sessions with the database since the start that ended in an error, by what was done about it.", "class"),
		state:      desc("ds_sync_state", "1 when the pipeline is in the state, else 0.", "state"),
		slotStatus: desc("ds_sync_slot_status", "1 when the database gives the slot this wal_status, else 0.", "status"),
		txBytes:    desc("ds_sync_tx_bytes", "Bytes of a transaction as the database sent it, in bytes."),
		durable: desc("ds_sync_commit_to_durable_seconds",
			"Time from the commit of a transaction, by the database's clock, to its being durable here, of the first one in each group, in seconds."),
	}
}

// Describe implements prometheus.Collector.
func (c *syncCollector) Describe(out chan<- *prometheus.Desc) {
	describeAll(out, c.table)
	describeAll(out, c.slot)
	out <- c.safe.desc
	for _, d := range []*prometheus.Desc{c.rows, c.copied, c.remaining, c.reconnects, c.state, c.slotStatus, c.txBytes, c.durable} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *syncCollector) Collect(out chan<- prometheus.Metric) {
	for _, s := range c.read() {
		collectAll(out, c.table, s, s.Pipeline)
		c.labelled(out, s)
		c.ofTables(out, s)
		out <- distribution(c.txBytes, s.TxBytes, 1, s.Pipeline)
		out <- distribution(c.durable, s.Durable, nanosecond, s.Pipeline)
		if s.Row == nil {
			continue
		}
		collectAll(out, c.slot, s, s.Pipeline)
		if s.Row.SafeBytes != nil {
			collectAll(out, []figure[ingest.Status]{c.safe}, s, s.Pipeline)
		}
	}
}

// Values of labels that are there from the start, so that a change of them can be seen.
var (
	syncStates = []ingest.State{ingest.StateConnecting, ingest.StateCopying, ingest.StateStreaming,
		ingest.StatePaused, ingest.StateFailed, ingest.StateStopped}
	reconnectClasses = []string{"retry", "once", "stop"}
	walStatuses      = []string{"reserved", "extended", "unreserved", "lost"}
)

// labelled sends the metrics that have one more label.
func (c *syncCollector) labelled(out chan<- prometheus.Metric, s ingest.Status) {
	send := func(desc *prometheus.Desc, kind prometheus.ValueType, n int64, label string) {
		out <- prometheus.MustNewConstMetric(desc, kind, float64(n), s.Pipeline, label)
	}
	for _, class := range reconnectClasses {
		send(c.reconnects, prometheus.CounterValue, s.Reconnects[class], class)
	}
	for _, state := range syncStates {
		send(c.state, prometheus.GaugeValue, flag(s.State == state), string(state))
	}
	for _, status := range walStatuses {
		send(c.slotStatus, prometheus.GaugeValue, flag(s.Row != nil && s.Row.WALStatus == status), status)
	}
}

// distribution is a histogram whose unit counts so many parts of the values.
func distribution(desc *prometheus.Desc, d ingest.Distribution, parts float64, labels ...string) prometheus.Metric {
	buckets := make(map[float64]uint64, len(d.UpTo))
	for i, bound := range d.UpTo {
		buckets[float64(bound)/parts] = uint64(d.Below[i])
	}
	return prometheus.MustNewConstHistogram(desc, uint64(d.Count), float64(d.Sum)/parts, buckets, labels...)
}
