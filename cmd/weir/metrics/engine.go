package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/stream"
)

// engineCollector never changes after it was made.
type engineCollector struct {
	read    func() stream.Counts
	table   []figure[stream.Counts]
	visible []histogram[stream.Counts]
	refused *prometheus.Desc
}

// NewEngine returns the collector of what read returns, which is called for every
// scrape: what the streams were asked to do, and what they refused.
func NewEngine(read func() stream.Counts) prometheus.Collector {
	return &engineCollector{
		read:    read,
		table:   ofEngine(),
		visible: ofVisible(),
		refused: prometheus.NewDesc("weir_changes_refused_total",
			"Number of appends, creations and deletions refused since the start, by the code of the answer.", []string{"code"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (c *engineCollector) Describe(out chan<- *prometheus.Desc) {
	describeAll(out, c.table)
	describeHistograms(out, c.visible)
	out <- c.refused
}

// Collect implements prometheus.Collector.
func (c *engineCollector) Collect(out chan<- prometheus.Metric) {
	counts := c.read()
	collectAll(out, c.table, counts)
	collectHistograms(out, c.visible, counts)
	for code, n := range counts.Refused {
		out <- prometheus.MustNewConstMetric(c.refused, prometheus.CounterValue, float64(n), string(code))
	}
}

// ofEngine are the figures of what streams were asked to do.
func ofEngine() []figure[stream.Counts] {
	return []figure[stream.Counts]{
		counter("weir_appends_total", "Number of appends accepted since the start, duplicates not included.",
			func(c stream.Counts) int64 { return c.Appends }),
		counter("weir_appended_bytes_total", "Bytes appended to streams since the start, as stored, in bytes.",
			func(c stream.Counts) int64 { return c.AppendedBytes }),
		counter("weir_append_duplicates_total", "Number of appends since the start that were known already, and answered as before.",
			func(c stream.Counts) int64 { return c.Duplicates }),
		counter("weir_streams_created_total", "Number of streams created since the start.",
			func(c stream.Counts) int64 { return c.Created }),
		counter("weir_streams_deleted_total", "Number of streams that clients deleted since the start.",
			func(c stream.Counts) int64 { return c.Deleted }),
		counter("weir_streams_expired_total", "Number of streams removed since the start because their time had come.",
			func(c stream.Counts) int64 { return c.Expired }),
		instant("weir_reaper_last_run_timestamp_seconds", "Number of seconds from 1970 to the last look at which streams have expired, 0 before the first.",
			func(c stream.Counts) time.Time { return c.Reaper.LastRun }),
		gauge("weir_reaper_behind", "1 when the last look found more expired streams than could be removed, else 0.",
			func(c stream.Counts) int64 { return flag(c.Reaper.Behind) }),
	}
}

// ofVisible is the histogram of how long readers wait for what is appended.
func ofVisible() []histogram[stream.Counts] {
	return []histogram[stream.Counts]{
		times("weir_append_visible_seconds", "Time from the staging of an append to its being visible to readers, of one append in 16 by chance, in seconds.",
			func(c stream.Counts) *store.Distribution { return c.VisibleTime }),
	}
}
