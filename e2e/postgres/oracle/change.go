package oracle

import "strconv"

// Transaction is a committed transaction with at least one change.
type Transaction struct {
	XID     uint32
	End     uint64 // LSN of the byte after its commit record
	Changes []Change
}

// Kind says what a Change did.
type Kind string

// What a change can be. A message is what pg_logical_emit_message wrote.
const (
	Insert   Kind = "insert"
	Update   Kind = "update"
	Delete   Kind = "delete"
	Truncate Kind = "truncate"
	Message  Kind = "message"
)

// Table is the name of a table.
type Table struct{ Schema, Name string }

func (t Table) String() string { return strconv.Quote(t.Schema) + "." + strconv.Quote(t.Name) }

// Change is one change of a transaction.
type Change struct {
	LSN    uint64
	Kind   Kind
	Tables []Table // one, several for a truncate, none for a message
	Old    Row     // the old key, or the old row with replica identity full
	New    Row
	// Prefix and Content are those of a message.
	Prefix, Content string
}

// Table returns the table of an insert, update or delete.
func (c Change) Table() Table { return c.Tables[0] }

// Row is a row, or as much of it as was logged, in the order of its columns.
type Row []Column

// Column is one value. Text is the value as Postgres writes it, unquoted.
type Column struct {
	Name, Type string
	Text       string
	Null       bool
	Unchanged  bool // stored out of line, not changed, and therefore not logged
}

// Get returns the column with the name, if the row has it.
func (r Row) Get(name string) (Column, bool) {
	for _, c := range r {
		if c.Name == name {
			return c, true
		}
	}
	return Column{}, false
}
