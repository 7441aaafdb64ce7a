package snapshot

import (
	"context"
	"errors"
	"sync"

	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

// Gate lets a copy append to streams that others append to, too.
type Gate interface {
	// Do calls f when all transactions that end before an LSN have been handled,
	// between two transactions, and returns when what f has appended is durable. It
	// calls nudge, unless that is nil, when f waits: if nothing else happens in the
	// database, somebody has to see to it that the LSN is passed. If ctx ends first
	// f may still be called, but not after Do has returned.
	Do(ctx context.Context, at lsn.LSN, f func(Streams) error, nudge func()) error
}

// Streams are appended to by a copy. They are valid during the call of Gate.Do.
type Streams interface {
	// Copied lets add append messages to what the stream gets next, and change its
	// note. The messages are copied, or kept with the buffer.
	Copied(ctx context.Context, stream []byte, add func(buf []byte, note string) ([]byte, string, error)) error
	// Settle returns when everything appended so far is durable.
	Settle() error
	// Alive tells whether a key of a type is alive in a stream, as far as the stream
	// was told before the present call of Copied.
	Alive(ctx context.Context, stream string, typ, key []byte) (bool, error)
}

// direct is the gate while there is no stream of changes: one at a time, straight to
// the sink.
type direct struct {
	sink   sink.Sink
	lookup func(ctx context.Context, stream string, typ, key []byte) ([]byte, error)
	mu     sync.Mutex // held while a batch is staged: notes are read and written
	buf    []byte     // guarded by mu: what is staged for one stream, which the sink copies
}

// Do implements Gate.
func (d *direct) Do(_ context.Context, _ lsn.LSN, f func(Streams) error, _ func()) error {
	b := d.sink.NewBatch()
	d.mu.Lock()
	err := f(&staging{direct: d, batch: b})
	d.mu.Unlock()
	if settled := b.Wait(); err == nil {
		err = settled
	}
	return err
}

// staging is one batch of a direct gate.
type staging struct {
	*direct
	batch sink.Batch
}

// Copied implements Streams. What has been stored of changes stays as it is: copied
// rows have no position of their own.
func (s *staging) Copied(ctx context.Context, stream []byte, add func(buf []byte, note string) ([]byte, string, error)) error {
	name := string(stream)
	st, err := s.sink.State(ctx, name)
	if err != nil {
		return err
	}
	note := st.Note
	if s.buf, note, err = add(s.buf[:0], note); err != nil {
		return err
	}
	if len(s.buf) == 0 && note == st.Note {
		return nil
	}
	return s.batch.Append(&sink.Append{Stream: name, Data: s.buf, Position: st.Position, Note: note})
}

// Settle implements Streams: before the first change nothing is asked for.
func (s *staging) Settle() error { return nil }

var errNoLookup = errors.New("nothing tells how many equal rows are alive in the stream")

// Alive implements Streams. What other calls of Do have appended is durable.
func (s *staging) Alive(ctx context.Context, stream string, typ, key []byte) (bool, error) {
	if s.lookup == nil {
		return false, errNoLookup
	}
	found, err := s.lookup(ctx, stream, typ, key)
	return len(found) > 0, err
}
