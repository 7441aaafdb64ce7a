package snapshot

import (
	"context"
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
}

// direct is the gate while there is no stream of changes: one at a time, straight to
// the sink.
type direct struct {
	sink sink.Sink
	mu   sync.Mutex // held while a batch is staged: notes are read and written
}

// Do implements Gate.
func (d *direct) Do(_ context.Context, _ lsn.LSN, f func(Streams) error, _ func()) error {
	b := d.sink.NewBatch()
	d.mu.Lock()
	err := f(&staging{sink: d.sink, batch: b})
	d.mu.Unlock()
	if settled := b.Wait(); err == nil {
		err = settled
	}
	return err
}

// staging is one batch of a direct gate.
type staging struct {
	sink  sink.Sink
	batch sink.Batch
	buf   []byte
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
