package monitor_test

import (
	"testing"

	"github.com/weirstreams/weir/sync/ingest/monitor"
	"github.com/weirstreams/weir/sync/ingest/source"
)

func TestShort(t *testing.T) {
	safe := func(n int64) *source.SlotRow { return &source.SlotRow{SafeBytes: &n} }
	for name, c := range map[string]struct {
		slot *source.SlotRow
		keep int64
		want bool
	}{
		"no slot":          {nil, 1000, false},
		"no bound":         {&source.SlotRow{}, -1, false},
		"bound unknown":    {safe(0), 0, false},
		"a fifth":          {safe(200), 1000, false},
		"less":             {safe(199), 1000, true},
		"more than it may": {safe(-1), 1000, true},
	} {
		if got := (monitor.Reading{Slot: c.slot, KeepBytes: c.keep}).Short(); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
