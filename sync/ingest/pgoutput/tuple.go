package pgoutput

// Tuple is a row as it was sent: one Column for each of the Relation's.
type Tuple []Column

// Column is one value of a Tuple.
type Column struct {
	Kind  ColumnKind
	Value []byte // lent; empty unless Kind is Text or Binary
}

// ColumnKind says what was sent for a column. Its value is the byte on the wire.
type ColumnKind byte

const (
	// Null is an SQL NULL. In a tuple of kind OldKey it also stands for every
	// column that is not of the key, and says nothing about those.
	Null ColumnKind = 'n'
	// Unchanged is a value stored out of line that an update left alone; it is
	// not sent.
	Unchanged ColumnKind = 'u'
	// Text is a value in the output format of its type.
	Text ColumnKind = 't'
	// Binary is a value in the send format of its type.
	Binary ColumnKind = 'b'
)

// OldKind says what a message holds of the row before the change. Its value is
// the byte on the wire.
type OldKind byte

const (
	// OldNone is nothing: the update left the key alone.
	OldNone OldKind = 0
	// OldKey is the columns of the replica identity; the others are Null.
	OldKey OldKind = 'K'
	// OldRow is the whole row.
	OldRow OldKind = 'O'
)

// newRow is the mark in front of the row after the change.
const newRow = 'N'

// tuple reads a row of the relation into memory, which it returns, grown if the
// table has more columns than any before it:
//
//	columns uint16
//	each    kind byte; of Text and Binary also length uint32, value
func (r *reader) tuple(memory Tuple, of *Relation) Tuple {
	memory = memory[:0]
	columns := int(r.uint16("number of columns"))
	if r.err != nil {
		return memory
	}
	// The number is only trusted, and memory only grown, once it is the
	// Relation's: that one had to be sent column by column.
	if columns != len(of.Columns) {
		r.fail(&ShapeError{Schema: of.Schema, Table: of.Name, Listed: len(of.Columns), Sent: columns})
		return memory
	}
	for range columns {
		memory = append(memory, r.column())
	}
	return memory
}

func (r *reader) column() Column {
	kind := ColumnKind(r.uint8("kind of column"))
	switch kind {
	case Null, Unchanged:
		return Column{Kind: kind}
	case Text, Binary:
		return Column{Kind: kind, Value: r.take(r.uint32("length of value"), "value")}
	}
	r.malformed("kind of column is %q", byte(kind))
	return Column{}
}
