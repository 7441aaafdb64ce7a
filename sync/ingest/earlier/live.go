package earlier

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
)

// liveBatch is how many offsets Live sorts at once. It holds up to twice as many, of
// 8 bytes each, and goes through all keys once for each batch.
const liveBatch = 1 << 20

// Live calls f with each key of a type that has an event in a stream, in the order of
// these events. The stream is read up to its tail first. The key is valid during the
// call only, and f must not use the Index. An error of f ends the walk.
func (x *Index) Live(ctx context.Context, stream string, typ []byte, f func(key []byte) error) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	err := x.liveLocked(ctx, stream, typ, f)
	if errors.Is(err, errStale) {
		// f has seen keys already, so the caller has to begin again.
		err = errors.Join(err, x.keys.forget(stream))
	}
	if err != nil {
		return fmt.Errorf("walk the keys of %s: %w", stream, err)
	}
	return nil
}

func (x *Index) liveLocked(ctx context.Context, stream string, typ []byte, f func(key []byte) error) error {
	if err := x.catchUpLocked(ctx, stream); err != nil {
		return err
	}
	w := &window{source: x.source, stream: stream, buf: make([]byte, 0, scanBuffer)}
	defer w.close()
	for after := int64(gone); ; {
		offsets, err := x.offsetsLocked(stream, after)
		if err != nil || len(offsets) == 0 {
			return err
		}
		for _, at := range offsets {
			e, err := w.eventAt(ctx, at)
			if err != nil {
				return err
			}
			if !bytes.Equal(e.Type, typ) {
				continue
			}
			if err := f(e.Key); err != nil {
				return err
			}
		}
		after = offsets[len(offsets)-1]
	}
}

// offsetsLocked returns the lowest offsets of events above an offset, in order.
func (x *Index) offsetsLocked(stream string, after int64) ([]int64, error) {
	var offsets []int64
	err := x.keys.each(stream, func(at int64) {
		if at <= after {
			return
		}
		if offsets = append(offsets, at); len(offsets) == 2*x.liveBatch {
			slices.Sort(offsets)
			offsets = offsets[:x.liveBatch]
		}
	})
	slices.Sort(offsets)
	return offsets[:min(len(offsets), x.liveBatch)], err
}

// eventAt moves on to an offset and takes the event there.
func (w *window) eventAt(ctx context.Context, at int64) (Event, error) {
	if w.body == nil {
		if err := w.open(ctx, at); err != nil {
			return Event{}, err
		}
	}
	if err := w.seek(ctx, at); err != nil {
		return Event{}, err
	}
	e, err := w.next(ctx)
	switch {
	case errors.Is(err, ErrDamaged), errors.Is(err, io.EOF):
		return Event{}, fmt.Errorf("%w (%w)", errStale, err)
	case err == nil && !e.puts():
		return Event{}, fmt.Errorf("%w: at offset %d no key has a value", errStale, at)
	}
	return e, err
}
