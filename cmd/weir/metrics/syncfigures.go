package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/weirstreams/weir/sync/ingest"
)

// ofSync are the figures of a pipeline.
func ofSync() []figure[ingest.Status] {
	const label = "pipeline"
	return []figure[ingest.Status]{
		gauge("ds_sync_lag_bytes", "Bytes of the database's log after what is confirmed, in bytes.",
			ingest.Status.Behind, label),
		labelledSeconds("ds_sync_lag_seconds", "Time that heartbeats take from the database to the streams, or have taken so far, in seconds.",
			func(s ingest.Status) time.Duration { return s.Lag }),
		counter("ds_sync_received_bytes_total", "Bytes received from the database since the start, in bytes.",
			func(s ingest.Status) int64 { return s.ReceivedBytes }, label),
		counter("ds_sync_transactions_total", "Number of transactions handled since the start.",
			func(s ingest.Status) int64 { return s.Counts.Transactions }, label),
		gauge("ds_sync_ring_bytes", "Bytes received that wait to be handled, in bytes.",
			func(s ingest.Status) int64 { return s.Ring }, label),
		// Transactions are held in memory or stored hidden; nothing is spooled.
		gauge("ds_sync_spool_bytes", "Bytes of open transactions on disk, in bytes.",
			func(ingest.Status) int64 { return 0 }, label),
		counter("ds_sync_dropped_duplicates_total", "Number of events left out since the start because their stream had them.",
			func(s ingest.Status) int64 { return s.Counts.Duplicates }, label),
		counter("ds_sync_toast_merged_total", "Number of events since the start that were completed with large values from before.",
			func(s ingest.Status) int64 { return s.Counts.Merged }, label),
		counter("ds_sync_large_keys_total", "Number of events since the start whose key is longer than 1 KiB.",
			func(s ingest.Status) int64 { return s.Counts.LargeKeys }, label),
	}
}

// ofSlot are the figures of a slot that is there.
func ofSlot() []figure[ingest.Status] {
	return []figure[ingest.Status]{
		gauge("ds_sync_slot_retained_bytes", "Bytes of log that the database keeps for the slot, in bytes.",
			ingest.Status.Retained, "pipeline"),
		labelledSeconds("ds_sync_slot_inactive_seconds", "Time since somebody read the slot last, 0 while somebody does, in seconds.",
			func(s ingest.Status) time.Duration { return s.Server.Inactive }),
		gauge("ds_sync_catalog_xmin_age", "Number of transactions since the oldest one whose catalogue rows the slot keeps from vacuum.",
			func(s ingest.Status) int64 { return s.Server.XminAge }, "pipeline"),
	}
}

func labelledSeconds(name, help string, value func(ingest.Status) time.Duration) figure[ingest.Status] {
	return figure[ingest.Status]{prometheus.NewDesc(name, help, []string{"pipeline"}, nil), prometheus.GaugeValue,
		func(s ingest.Status) float64 { return value(s).Seconds() }}
}
