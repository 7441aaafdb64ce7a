package assemble

import (
	"sync/atomic"

	"github.com/weirstreams/weir/sync/ingest/event"
)

// RowCounts count the changes of one table. They are read while they grow.
type RowCounts struct {
	Inserts, Updates, Deletes, Truncates atomic.Int64
}

// rowCounts finds the counts of tables. Changes of one table come in rows.
type rowCounts struct {
	last  *event.Table
	found *RowCounts // of last
	all   map[*event.Table]*RowCounts
}

// rowsOf returns where the changes of a table are counted.
func (a *Assembler) rowsOf(t *event.Table) *RowCounts {
	c := &a.rows
	if c.last == t {
		return c.found
	}
	found := c.all[t]
	if found == nil {
		found = new(RowCounts)
		if a.opts.Rows != nil {
			found = a.opts.Rows(t)
		}
		if c.all == nil || len(c.all) >= maxTables {
			c.all = make(map[*event.Table]*RowCounts)
		}
		c.all[t] = found
	}
	c.last, c.found = t, found
	return found
}
