package earlier

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/sync/ingest/sink"
)

// Source is the server that has the streams. A sink.Sink is one. What is staged must
// have settled before an Index is asked.
type Source interface {
	State(ctx context.Context, stream string) (sink.State, error)
	Read(ctx context.Context, stream string, from int64) (io.ReadCloser, error)
}

// Index knows the last event of each key of the streams of a pipeline. It takes 50
// bytes of memory for each of the last 130,000 keys it read of, and up to 48 bytes on
// disk for all others; without a directory all stay in memory.
//
// It may be used from many goroutines. They wait for each other, also while a stream
// is read for the first time.
type Index struct {
	source Source
	log    zerolog.Logger

	mu     sync.Mutex // guards the rest
	keys   *layers
	closed bool

	liveBatch int // offsets that Live sorts at once; fixed
}

// Options are what an Index does not need. Nil is the zero value.
type Options struct {
	// Log receives the progress of reading streams that are long. Default: none.
	Log *zerolog.Logger
}

// ErrClosed says that the Index has been closed.
var ErrClosed = errors.New("the key index is closed")

// errStale says that an index and its stream do not fit, although the marks did.
var errStale = errors.New("the key index does not fit the stream")

// Open opens the index in a directory, which nobody else may use; it is created if it
// is not there. An index that was not closed, or is damaged, is begun anew.
func Open(dir string, source Source, o *Options) (*Index, error) {
	t, err := openSealed(dir)
	if err != nil {
		return nil, fmt.Errorf("open the key index: %w", err)
	}
	return newIndex(t, source, o), nil
}

// OpenMemory returns an index that is gone when it is closed.
func OpenMemory(source Source, o *Options) *Index { return newIndex(nil, source, o) }

func newIndex(below table, source Source, o *Options) *Index {
	x := &Index{source: source, log: zerolog.Nop(), keys: newLayers(below), liveBatch: liveBatch}
	if o != nil && o.Log != nil {
		x.log = *o.Log
	}
	return x
}

// Close writes what is in memory. An index of which Close failed is begun anew by the
// next Open. It may be called twice.
func (x *Index) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil
	}
	x.closed = true
	if err := x.keys.close(); err != nil {
		return fmt.Errorf("close the key index: %w", err)
	}
	return nil
}

// Lookup returns the last event of a key in a stream, as it is stored and without the
// comma behind it, nil if the key has never been there or was deleted. The stream is
// read up to its tail first, from where the last call ended. The event is the
// caller's.
func (x *Index) Lookup(ctx context.Context, stream string, typ, key []byte) ([]byte, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	event, err := x.lookupLocked(ctx, stream, typ, key)
	if errors.Is(err, errStale) {
		if err = x.keys.forget(stream); err == nil {
			event, err = x.lookupLocked(ctx, stream, typ, key)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("look up a key in %s: %w", stream, err)
	}
	return event, nil
}

func (x *Index) lookupLocked(ctx context.Context, stream string, typ, key []byte) ([]byte, error) {
	if err := x.catchUpLocked(ctx, stream); err != nil {
		return nil, err
	}
	d := digestOf(typ, key)
	at, err := x.keys.find(stream, d)
	if at == gone || err != nil {
		return nil, err
	}
	w, err := openWindow(ctx, x.source, stream, at, lookupBuffer)
	if err != nil {
		return nil, err
	}
	defer w.close()
	e, err := w.next(ctx)
	switch {
	case errors.Is(err, ErrDamaged), errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%w (%w)", errStale, err)
	case err != nil:
		return nil, err
	case !e.puts() || digestOf(e.Type, e.Key) != d:
		return nil, fmt.Errorf("%w: offset %d is of another key", errStale, at)
	}
	return slices.Clip(e.Message), nil
}
