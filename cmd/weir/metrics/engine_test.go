package metrics_test

import (
	"testing"
	"time"

	"github.com/weirstreams/weir/cmd/weir/metrics"
	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/stream"
)

// busy has another number in each place.
var busy = stream.Counts{
	Appends: 3, AppendedBytes: 5, Duplicates: 7, Created: 11, Deleted: 13, Expired: 17,
	Refused:     map[stream.Code]int64{stream.CodeClosed: 19, stream.CodeNoSpace: 0},
	VisibleTime: observed(store.NewTimes(), 800, 3_000, 60_000_000_000),
	Reaper:      stream.ReaperCounts{LastRun: time.Unix(23, 0), Behind: true},
}

func TestEngine(t *testing.T) {
	gather(t, metrics.NewEngine(func() stream.Counts { return busy })).expect(t, samples{
		"weir_appends_total":                     3,
		"weir_appended_bytes_total":              5,
		"weir_append_duplicates_total":           7,
		"weir_streams_created_total":             11,
		"weir_streams_deleted_total":             13,
		"weir_streams_expired_total":             17,
		"weir_reaper_last_run_timestamp_seconds": 23,
		"weir_reaper_behind":                     1,

		`weir_changes_refused_total{code="closed"}`:               19,
		`weir_changes_refused_total{code="insufficient-storage"}`: 0,

		"weir_append_visible_seconds_count":               3,
		"weir_append_visible_seconds_sum":                 60.0000038,
		`weir_append_visible_seconds_bucket{le="1e-06"}`:  1,
		`weir_append_visible_seconds_bucket{le="2e-06"}`:  1,
		`weir_append_visible_seconds_bucket{le="5e-06"}`:  2,
		`weir_append_visible_seconds_bucket{le="1e-05"}`:  2,
		`weir_append_visible_seconds_bucket{le="2e-05"}`:  2,
		`weir_append_visible_seconds_bucket{le="5e-05"}`:  2,
		`weir_append_visible_seconds_bucket{le="0.0001"}`: 2,
		`weir_append_visible_seconds_bucket{le="0.0002"}`: 2,
		`weir_append_visible_seconds_bucket{le="0.0005"}`: 2,
		`weir_append_visible_seconds_bucket{le="0.001"}`:  2,
		`weir_append_visible_seconds_bucket{le="0.002"}`:  2,
		`weir_append_visible_seconds_bucket{le="0.005"}`:  2,
		`weir_append_visible_seconds_bucket{le="0.01"}`:   2,
		`weir_append_visible_seconds_bucket{le="0.02"}`:   2,
		`weir_append_visible_seconds_bucket{le="0.05"}`:   2,
		`weir_append_visible_seconds_bucket{le="0.1"}`:    2,
		`weir_append_visible_seconds_bucket{le="0.2"}`:    2,
		`weir_append_visible_seconds_bucket{le="0.5"}`:    2,
		`weir_append_visible_seconds_bucket{le="1"}`:      2,
		`weir_append_visible_seconds_bucket{le="2"}`:      2,
		`weir_append_visible_seconds_bucket{le="5"}`:      2,
		`weir_append_visible_seconds_bucket{le="10"}`:     2,
	})
}
