package pgoutput

import (
	"time"

	"github.com/weirstreams/weir/sync/ingest/lsn"
)

// Message is a decoded message: *Begin, *Commit, *Origin, *Relation, *Type,
// *Insert, *Update, *Delete, *Truncate or *Logical. All but Relation belong to
// the Decoder, as the package comment says.
type Message interface{ message() }

// Begin opens a transaction. Transactions follow each other whole, in the order
// of their commits.
type Begin struct {
	CommitLSN lsn.LSN   // where the commit record starts
	Time      time.Time // of the commit, in UTC, to the microsecond
	XID       uint32
}

// Commit ends a transaction.
type Commit struct {
	CommitLSN lsn.LSN   // as in Begin
	EndLSN    lsn.LSN   // where the commit record ends: what may be confirmed
	Time      time.Time // as in Begin
}

// Origin follows the Begin of a transaction that was itself replicated.
type Origin struct {
	CommitLSN lsn.LSN // on the server of origin
	Name      []byte  // lent
}

// Type names a data type that is not built in, before the first Relation that
// uses it. For a domain, ID is the domain's and the name is its base type's.
type Type struct {
	ID           uint32
	Schema, Name string
}

// Insert is a new row.
type Insert struct {
	Relation *Relation
	New      Tuple
}

// Update is a changed row. Old is empty if OldKind is OldNone.
type Update struct {
	Relation *Relation
	OldKind  OldKind
	Old, New Tuple
}

// Delete is a removed row. OldKind is OldKey or OldRow.
type Delete struct {
	Relation *Relation
	OldKind  OldKind
	Old      Tuple
}

// Truncate empties one or several tables at once.
type Truncate struct {
	Relations       []*Relation // the slice is lent, the relations are not
	Cascade         bool
	RestartIdentity bool
}

// Logical is a message that somebody emitted by pg_logical_emit_message. One
// that is not transactional arrives outside Begin and Commit, and stands for
// nothing that was committed.
type Logical struct {
	Transactional bool
	LSN           lsn.LSN
	Prefix        []byte // lent
	Content       []byte // lent
}

func (*Begin) message()    {}
func (*Commit) message()   {}
func (*Origin) message()   {}
func (*Relation) message() {}
func (*Type) message()     {}
func (*Insert) message()   {}
func (*Update) message()   {}
func (*Delete) message()   {}
func (*Truncate) message() {}
func (*Logical) message()  {}
