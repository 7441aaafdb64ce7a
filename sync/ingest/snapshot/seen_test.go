package snapshot_test

import (
	"testing"

	"github.com/weirstreams/weir/sync/ingest/snapshot"
)

// TestStandbyLists: a standby does not say which transactions run, so none of those that
// may is taken for one that is seen.
func TestStandbyLists(t *testing.T) {
	for _, c := range []struct {
		text        string
		xid         uint32
		sees, exact bool
	}{
		{"725:728:", 724, true, false},
		{"725:728:", 725, false, false},
		{"725:728:", 727, false, false},
		{"725:728:", 728, false, false},
		{"728:728:", 727, true, true},
		{"728:728:", 728, false, true},
	} {
		sees, exact, err := snapshot.Standby(c.text, c.xid)
		if err != nil || sees != c.sees || exact != c.exact {
			t.Errorf("%s of a standby: sees %d %v, exact %v, error %v; want %v, %v", c.text, c.xid, sees, exact, err, c.sees, c.exact)
		}
	}
}
