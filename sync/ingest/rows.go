package ingest

import (
	"slices"
	"strings"
	"sync"

	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// manyTables is from how many tables on their rows are not counted one by one: each is
// a few series in whatever watches the server.
const manyTables = 200

// TableRows are the changes of a table's rows since the start. A truncate is one.
type TableRows struct {
	Table                                string
	Inserts, Updates, Deletes, Truncates int64
}

// rows counts the changes of each table, over all sessions. It may be used from several
// goroutines.
type rows struct {
	mu     sync.Mutex                     // guards what follows
	tables map[string]*assemble.RowCounts // by schema and name; those with one name count as one
	many   bool                           // there were too many once: the counts are not whole
}

// know has tables counted from now on, so that the first change can be seen as one.
func (r *rows) know(tables []source.Table) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range tables {
		r.addLocked(t.Schema + "." + t.Name)
	}
}

// of returns the counts of a table.
func (r *rows) of(t *event.Table) *assemble.RowCounts {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.addLocked(t.Name())
}

// addLocked returns the counts of a table, or some that nobody reads.
func (r *rows) addLocked(name string) *assemble.RowCounts {
	if r.many {
		return new(assemble.RowCounts)
	}
	counts, known := r.tables[name]
	if known {
		return counts
	}
	if len(r.tables)+1 >= manyTables {
		r.tables, r.many = nil, true
		return new(assemble.RowCounts)
	}
	if r.tables == nil {
		r.tables = make(map[string]*assemble.RowCounts)
	}
	counts = new(assemble.RowCounts)
	r.tables[name] = counts
	return counts
}

// list returns the counts of all tables by their names, or nil if there are too many.
func (r *rows) list() []TableRows {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []TableRows
	for name, c := range r.tables {
		list = append(list, TableRows{
			Table: name, Inserts: c.Inserts.Load(), Updates: c.Updates.Load(), Deletes: c.Deletes.Load(), Truncates: c.Truncates.Load(),
		})
	}
	slices.SortFunc(list, func(a, b TableRows) int { return strings.Compare(a.Table, b.Table) })
	return list
}

// know makes it known which tables are ingested.
func (p *Pipeline) know(tables []source.Table) {
	p.measures.rows.know(tables)
	p.state.change(func(s *Status) { s.Tables = names(tables) })
}
