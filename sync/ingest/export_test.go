package ingest

import (
	"context"
	"net/netip"

	"github.com/weirstreams/weir/sync/ingest/source"
)

// What the tests of measures need.
var (
	Sum     = sum
	Overdue = overdue
)

// What the tests of errors need.
var (
	Unsendable = unsendable
	Classify   = classify
	Patience   = patience
)

// Refused is the end of a session whose connection to this database was refused.
func Refused(o Options, err error) error {
	p, failed := New(o)
	if failed != nil {
		return failed
	}
	return (&session{p: p}).refused(err)
}

// Resolve has a pipeline find these addresses of its database's host.
func (p *Pipeline) Resolve(found ...netip.Addr) {
	p.resolver = func(context.Context, string, string) ([]netip.Addr, error) { return found, nil }
}

// Tally is the distribution of some values.
func Tally(bounds []int64, values ...int64) Distribution {
	t := newTally(bounds)
	for _, v := range values {
		t.observe(v)
	}
	return t.distribution()
}

// What the tests of slots need.
var (
	InstanceSlot   = instanceSlot
	IsInstanceSlot = isInstanceSlot
)

// RowsOf are the counts of tables that are known twice over, as in two sessions.
func RowsOf(tables []source.Table) []TableRows {
	var r rows
	r.know(tables)
	r.know(tables)
	return r.list()
}

// Beaten is told what has become of a heartbeat.
func (p *Pipeline) Beaten(ctx context.Context, err error) { p.beaten(ctx, err) }
