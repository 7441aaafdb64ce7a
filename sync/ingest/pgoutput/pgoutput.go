// Package pgoutput decodes the messages of Postgres's logical decoding plugin of
// that name, protocol version 1. It begins where the framing of the replication
// connection ends: one call of [Decoder.Decode] takes the content of one XLogData
// frame and returns one [Message].
//
// A change of a row costs no allocation, however many columns it has: messages
// and tuples are memory of the Decoder, and values are slices of the buffer that
// was decoded. Both are lent: they are valid until the next call of Decode, or
// until the buffer is used again, whichever comes first. Strings, and a
// [Relation] as a whole, are copies; they may be kept and never change.
//
// Every length is checked before it is used to index or to allocate. A message
// is refused as a whole when bytes are missing, are left over, or have no
// meaning in version 1, because a guess here becomes a wrong row downstream.
// Integers are big-endian, and strings end in a zero byte.
package pgoutput

import (
	"errors"
	"fmt"
)

var (
	// ErrMalformed says that a message does not have the layout of its kind.
	ErrMalformed = errors.New("malformed message")

	// ErrVersion says that a message belongs to a later version of the protocol,
	// which this package never asks for: streamed or two-phase transactions.
	ErrVersion = errors.New("message of an unsupported protocol version")

	// ErrUnknownRelation says that a change names a table whose Relation was not
	// seen: the Decoder was given the messages of more than one session, or not
	// all messages of its own.
	ErrUnknownRelation = errors.New("relation was not announced")

	// ErrManyRelations says that one session announced more tables than the
	// Decoder holds. A new session with a new Decoder begins empty.
	ErrManyRelations = errors.New("too many relations in one session")
)

// ShapeError says that a tuple has another number of columns than the Relation
// lists, so that no value can be told to be of a certain column. Servers 15.0
// and 15.1 send such tuples for publications with column lists.
type ShapeError struct {
	Schema, Table string
	Listed        int // columns of the Relation
	Sent          int // columns of the tuple
}

func (e *ShapeError) Error() string {
	return fmt.Sprintf("tuple of %q.%q has %d columns where its relation lists %d; "+
		"Postgres 15.0 and 15.1 do that for a publication with a column list: update the server, or drop the list and resync",
		e.Schema, e.Table, e.Sent, e.Listed)
}
