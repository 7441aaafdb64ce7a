package pgoutput

import (
	"bytes"
	"fmt"
)

// maxHeldBytes bounds the Relation messages that a Decoder remembers. The server
// never takes an announcement back, so a session in which tables come and go
// would grow without end. It is room for more than a hundred thousand tables.
const maxHeldBytes = 64 << 20

// Relation is the shape of a table, announced before its first change in a
// session and again whenever it may have changed. It is a copy, never changed,
// and safe to keep and to share. While a table keeps its shape its changes come
// with the same pointer, even if the shape is announced again: what a caller
// works out of a Relation can be kept under that pointer.
type Relation struct {
	ID           uint32 // oid of the table
	Schema, Name string
	Identity     Identity
	Columns      []RelationColumn // in the order of the tuples
}

// RelationColumn is a column that is published.
type RelationColumn struct {
	Name     string
	Type     uint32 // oid
	Modifier int32  // of the type; -1 is none
	Key      bool   // of the replica identity; every column under IdentityFull
}

// Identity is the replica identity of a table, which decides what updates and
// deletes tell of the old row. Its value is the byte on the wire.
type Identity byte

const (
	// IdentityDefault is the primary key, if there is one.
	IdentityDefault Identity = 'd'
	// IdentityNothing is none.
	IdentityNothing Identity = 'n'
	// IdentityFull is the whole row.
	IdentityFull Identity = 'f'
	// IdentityIndex is the columns of a unique index.
	IdentityIndex Identity = 'i'
)

const (
	keyFlag = 1

	// minColumnBytes is a column of an empty name: flags, the end of the name,
	// type, modifier.
	minColumnBytes = 1 + 1 + 4 + 4
)

// held is a Relation with the message it came from.
type held struct {
	raw      []byte
	relation *Relation
}

// readRelation reads and remembers an announcement:
//
//	id uint32, schema string, name string, identity byte, columns uint16
//	each column: flags uint8, name string, type uint32, modifier int32
func (d *Decoder) readRelation(message []byte) (Message, error) {
	r := newReader(message)
	id := r.uint32("relation id")
	before := d.held[id]
	if r.err == nil && bytes.Equal(before.raw, message) {
		return before.relation, nil
	}
	relation := &Relation{ID: id, Schema: r.schema(), Name: string(r.text("table"))}
	relation.Identity = r.identity()
	relation.Columns = r.relationColumns()
	if err := r.end(); err != nil {
		return nil, err
	}
	if err := d.hold(relation, message); err != nil {
		return nil, err
	}
	return relation, nil
}

// hold remembers the relation in the place of the one before it.
func (d *Decoder) hold(relation *Relation, message []byte) error {
	size := d.heldBytes - len(d.held[relation.ID].raw) + len(message)
	if size > maxHeldBytes {
		return fmt.Errorf("hold relation %d beside %d others: %w", relation.ID, len(d.held), ErrManyRelations)
	}
	if d.held == nil {
		d.held = make(map[uint32]held)
	}
	d.held[relation.ID] = held{raw: bytes.Clone(message), relation: relation}
	d.heldBytes = size
	return nil
}

// announced reads the id of a table and finds its shape; nil if there is none.
func (d *Decoder) announced(r *reader) *Relation {
	id := r.uint32("relation id")
	if r.err != nil {
		return nil
	}
	found, ok := d.held[id]
	if !ok {
		r.fail(fmt.Errorf("relation %d: %w", id, ErrUnknownRelation))
	}
	return found.relation
}

func (r *reader) identity() Identity {
	identity := Identity(r.uint8("replica identity"))
	switch identity {
	case IdentityDefault, IdentityNothing, IdentityFull, IdentityIndex:
	default:
		r.malformed("replica identity is %q", byte(identity))
	}
	return identity
}

func (r *reader) relationColumns() []RelationColumn {
	count := int(r.uint16("number of columns"))
	if count*minColumnBytes > len(r.rest) {
		r.malformed("%d columns need more than %d bytes", count, len(r.rest))
		return nil
	}
	columns := make([]RelationColumn, count)
	for i := range columns {
		columns[i] = RelationColumn{
			Key:      r.flags(keyFlag, "flags of column")&keyFlag != 0,
			Name:     string(r.text("name of column")),
			Type:     r.uint32("type of column"),
			Modifier: int32(r.uint32("type modifier")),
		}
	}
	return columns
}
