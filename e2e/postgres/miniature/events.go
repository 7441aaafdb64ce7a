package miniature

import (
	"fmt"
	"strconv"

	"github.com/weirstreams/weir/e2e/postgres/event"
	"github.com/weirstreams/weir/e2e/postgres/fold"
	"github.com/weirstreams/weir/e2e/postgres/oracle"
)

// Append is what one transaction adds to one stream, which is to become visible at
// once.
type Append struct {
	Stream string
	Events []event.Event
}

// Tables names the key columns of each table. The stream of a table, and the type
// of its events, is its name.
type Tables map[oracle.Table][]string

// Events makes the appends of the transactions, in order.
func Events(committed []oracle.Transaction, tables Tables) ([]Append, error) {
	m := maker{tables: tables, rows: map[string]oracle.Row{}}
	for _, transaction := range committed {
		if err := m.transaction(transaction); err != nil {
			return nil, fmt.Errorf("transaction %d: %w", transaction.XID, err)
		}
	}
	return m.made, nil
}

type maker struct {
	tables Tables
	rows   map[string]oracle.Row // the newest of each key, for what is not logged
	made   []Append

	txid    string
	commit  uint64
	subs    map[uint64]int     // how many events a change has had
	streams map[string]*Append // of the transaction
	order   []string           // the streams, as they were first touched
}

func (m *maker) transaction(t oracle.Transaction) error {
	m.txid, m.commit = strconv.FormatUint(uint64(t.XID), 10), t.End
	m.subs, m.streams, m.order = map[uint64]int{}, map[string]*Append{}, nil
	for _, change := range t.Changes {
		if err := m.change(change); err != nil {
			return err
		}
	}
	for _, stream := range m.order {
		add := m.streams[stream]
		add.Events[len(add.Events)-1].Headers.Last = true
		m.made = append(m.made, *add)
	}
	return nil
}

func (m *maker) change(c oracle.Change) error {
	if c.Kind == oracle.Message {
		return nil
	}
	for _, table := range c.Tables {
		key, known := m.tables[table]
		if !known {
			continue
		}
		if c.Kind == oracle.Truncate {
			m.add(c, table, event.Event{Headers: event.Headers{Control: event.Reset}})
		} else if err := m.row(c, table, key); err != nil {
			return err
		}
	}
	return nil
}

func (m *maker) row(c oracle.Change, table oracle.Table, key []string) error {
	before := keyOf(c.Old, key)
	if c.Kind == oracle.Delete {
		m.add(c, table, change(event.Delete, table, before, nil))
		return nil
	}
	now, what := keyOf(c.New, key), string(c.Kind)
	if c.Old == nil || c.Kind == oracle.Insert {
		before = now
	}
	c.New = filled(c.New, m.rows[table.Name+before])
	m.rows[table.Name+now] = c.New
	value, err := valueOf(c.New)
	if err != nil {
		return err
	}
	if before != now {
		m.add(c, table, change(event.Delete, table, before, nil))
		what = event.Insert
	}
	m.add(c, table, change(what, table, now, value))
	return nil
}

func (m *maker) add(c oracle.Change, table oracle.Table, e event.Event) {
	e.Headers.TxID = m.txid
	e.Headers.Position = event.Position(fmt.Sprintf("%016X-%016X-%08X", m.commit, c.LSN, m.subs[c.LSN]))
	m.subs[c.LSN]++
	if m.streams[table.Name] == nil {
		m.streams[table.Name] = &Append{Stream: table.Name}
		m.order = append(m.order, table.Name)
	}
	add := m.streams[table.Name]
	add.Events = append(add.Events, e)
}

func change(what string, table oracle.Table, key string, value []byte) event.Event {
	return event.Event{Type: table.Name, Key: key, Value: value, Headers: event.Headers{Operation: what}}
}

func keyOf(row oracle.Row, key []string) string {
	texts := make([]string, len(key))
	for i, name := range key {
		column, _ := row.Get(name)
		texts[i] = column.Text
	}
	return fold.Key(texts)
}

// filled replaces what was not logged by what the row had before.
func filled(row, before oracle.Row) oracle.Row {
	for i, column := range row {
		if old, has := before.Get(column.Name); column.Unchanged && has {
			row[i] = old
		}
	}
	return row
}
