package count

import (
	"slices"
	"strconv"

	"github.com/weirstreams/weir/e2e/postgres/event"
	"github.com/weirstreams/weir/e2e/postgres/oracle"
)

// Want is one live event that should be in a stream.
type Want struct {
	TxID   string
	Change uint64 // LSN of the change
	What   string // the operation, or reset
}

// Table says how a table becomes events.
type Table struct {
	Key []string // the columns of its key
	// Stream names the stream of a row. A row without a column that the name
	// depends on, as an old key can be, is completed from the new row first.
	Stream func(oracle.Row) string
	// Truncated lists the streams that a truncate resets.
	Truncated func() []string
}

// OneStream is the Table whose rows all go to the stream of that name.
func OneStream(stream string, key ...string) Table {
	return Table{
		Key:       key,
		Stream:    func(oracle.Row) string { return stream },
		Truncated: func() []string { return []string{stream} },
	}
}

// Expect returns what should be in each stream, in order. Changes of tables that
// are not in the map are left out, and so are messages.
func Expect(committed []oracle.Transaction, tables map[oracle.Table]Table) map[string][]Want {
	x := expecting{tables: tables, streams: map[string][]Want{}}
	for _, transaction := range committed {
		x.txid = strconv.FormatUint(uint64(transaction.XID), 10)
		for _, change := range transaction.Changes {
			x.change(change)
		}
	}
	return x.streams
}

type expecting struct {
	tables  map[oracle.Table]Table
	streams map[string][]Want
	txid    string
}

func (x *expecting) change(c oracle.Change) {
	switch c.Kind {
	case oracle.Message:
	case oracle.Truncate:
		for _, name := range c.Tables {
			x.truncate(c, name)
		}
	default:
		if table, known := x.tables[c.Table()]; known {
			x.row(c, table)
		}
	}
}

func (x *expecting) truncate(c oracle.Change, name oracle.Table) {
	table, known := x.tables[name]
	if !known {
		return
	}
	for _, stream := range table.Truncated() {
		x.add(stream, c, event.Reset)
	}
}

func (x *expecting) row(c oracle.Change, table Table) {
	old := complete(c.Old, c.New)
	switch {
	case c.Kind == oracle.Insert:
		x.add(table.Stream(c.New), c, event.Insert)
	case c.Kind == oracle.Delete:
		x.add(table.Stream(old), c, event.Delete)
	case c.Old != nil && moved(old, c.New, table):
		x.add(table.Stream(old), c, event.Delete)
		x.add(table.Stream(c.New), c, event.Insert)
	default:
		x.add(table.Stream(c.New), c, event.Update)
	}
}

func (x *expecting) add(stream string, c oracle.Change, what string) {
	x.streams[stream] = append(x.streams[stream], Want{TxID: x.txid, Change: c.LSN, What: what})
}

// complete adds to an old row what the log left out because it did not change.
func complete(old, now oracle.Row) oracle.Row {
	all := slices.Clone(old)
	for _, column := range now {
		if _, has := old.Get(column.Name); !has {
			all = append(all, column)
		}
	}
	return all
}

func moved(old, now oracle.Row, table Table) bool {
	if table.Stream(old) != table.Stream(now) {
		return true
	}
	return slices.ContainsFunc(table.Key, func(name string) bool {
		before, _ := old.Get(name)
		after, _ := now.Get(name)
		return !after.Unchanged && before.Text != after.Text
	})
}
