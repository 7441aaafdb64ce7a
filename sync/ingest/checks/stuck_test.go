package checks_test

import (
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/checks"
)

// TestTextOfStuck is E112 as no look at the server tells it.
func TestTextOfStuck(t *testing.T) {
	var golden strings.Builder
	write(&golden, "stuck", checks.Stuck("ds_sync", []string{"ds_sync", "More"}))
	compare(t, "E112-stuck", golden.String())
}
