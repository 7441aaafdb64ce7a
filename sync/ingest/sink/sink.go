// Package sink is where the ingester writes: what it needs of a server of streams,
// the server in the same process (Local), and one that is reached by HTTP (Remote).
// Start with Sink.
package sink

import (
	"context"
	"errors"
	"io"
)

// Sink stores what the ingester has made of a database. The streams that it has
// written to belong to it: nobody else appends to them.
//
// It may be used from many goroutines, a Batch from one at a time.
type Sink interface {
	// Hides tells whether readers can be kept from what is appended. A sink that
	// cannot do that shows hidden appends at once.
	Hides() bool

	// NewBatch returns an empty batch. Whatever comes of it, Wait is called.
	NewBatch() Batch

	// State returns how far a stream has come, everything that was staged
	// included. A stream that is not there gives the zero State.
	State(ctx context.Context, stream string) (State, error)

	// Read returns the messages of a stream from an offset on, each followed by a
	// comma, up to the tail as it is now, hidden ones included. What is staged
	// must have settled before. The caller closes it.
	Read(ctx context.Context, stream string, from int64) (io.ReadCloser, error)

	// List returns up to limit names of streams of this ingester that begin with
	// prefix and come after the name after, in ascending order of bytes.
	List(ctx context.Context, prefix, after string, limit int) ([]string, error)

	// Delete removes a stream. One that is not there is fine.
	Delete(ctx context.Context, stream string) error

	// Load returns the record that was saved last under a name, "" for none. Names
	// are path segments as limits.Names accepts them.
	Load(ctx context.Context, name string) (string, error)

	// Save replaces a record. It returns when that is as durable as appends are.
	Save(ctx context.Context, name, record string) error
}

// Batch is a number of appends to different streams that are waited for together.
type Batch interface {
	// Append stages an append, and creates the stream if it is not there. A stream
	// is in a batch once at most. The sink copies a.Data before it returns.
	Append(a *Append) error
	// Wait returns when everything staged is durable, with the first error.
	Wait() error
}

// StreamCloser is a Sink that can close streams.
type StreamCloser interface {
	// CloseStream tells the readers of a stream that nothing more will come, durably. A
	// stream that is not there or closed is fine. If something is appended to it all
	// the same, which is beyond its position, that begins the stream anew, under the
	// same name and without what it had.
	CloseStream(ctx context.Context, stream string) error
}

// Append is one append: all of it is stored, or nothing.
type Append struct {
	Stream string
	// Data are messages, each of one line and followed by a comma. It may be empty:
	// then only the rest is stored.
	Data []byte
	// Position is the text of the position of the last event in Data, or that of
	// the append before. One that is lower than the stream's is dropped, and so is
	// one that is equal in everything.
	Position string
	// Note is kept with the position.
	Note string
	// Hidden keeps readers from Data until the next append that is not hidden.
	Hidden bool
}

// State is how far a stream has come.
type State struct {
	Exists bool
	// ID tells the stream from others that had its name before; 0 where the sink
	// cannot.
	ID       uint64
	Position string // of the last append, "" before the first
	Note     string
	Hidden   bool
	// Tail is the offset behind the last byte.
	Tail int64
}

// ErrForeign says that a stream has content which this ingester has not written.
// It is for the operator to say which of the two has to go.
var ErrForeign = errors.New("the stream has content of others; delete it, or choose another stream template")
