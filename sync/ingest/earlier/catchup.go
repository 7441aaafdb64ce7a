package earlier

import (
	"context"
	"errors"
	"io"
)

// catchUpLocked brings a stream's keys up to its tail.
func (x *Index) catchUpLocked(ctx context.Context, stream string) error {
	if x.closed {
		return ErrClosed
	}
	st, err := x.source.State(ctx, stream)
	if err != nil {
		return err
	}
	if !st.Exists {
		return x.keys.forget(stream)
	}
	m, err := x.keys.mark(stream)
	if err != nil {
		return err
	}
	if m.stream != st.ID {
		m = mark{}
	}
	if m.upTo == st.Tail && m.position == positionOf(st.Position) {
		return nil
	}
	w, m, err := x.resumeLocked(ctx, stream, m)
	if err != nil {
		return err
	}
	defer w.close()
	m.stream = st.ID
	if err := x.scanLocked(ctx, w, m, st.Tail); err != nil {
		return err
	}
	m = w.mark(m)
	m.position = positionOf(st.Position)
	x.keys.setMark(stream, m)
	return nil
}

// resumeLocked opens a stream where the mark says, if it is the stream of which the
// mark was made. Otherwise it drops the stream's keys, and opens it at its beginning.
func (x *Index) resumeLocked(ctx context.Context, stream string, m mark) (*window, mark, error) {
	if m.upTo > 0 {
		w, err := x.openMarked(ctx, stream, m)
		if w != nil || err != nil {
			return w, m, err
		}
	}
	// Opened before the keys are dropped: a server that cannot be reached says
	// nothing of the stream.
	w, err := openWindow(ctx, x.source, stream, 0, scanBuffer)
	if err != nil {
		return nil, mark{}, err
	}
	if err := x.keys.forget(stream); err != nil {
		w.close()
		return nil, mark{}, err
	}
	return w, mark{}, nil
}

// openMarked opens a stream at its mark, and returns nil if it is another stream. One
// that ends before the mark is, and one that cannot be opened there: a message of the
// stream began at that offset.
func (x *Index) openMarked(ctx context.Context, stream string, m mark) (*window, error) {
	w, err := openWindow(ctx, x.source, stream, m.from, scanBuffer)
	if err != nil {
		return nil, ctx.Err()
	}
	err = w.takeUpTo(ctx, m.upTo)
	switch {
	case err == nil && w.sample() == m.sample:
		return w, nil
	case err == nil, errors.Is(err, io.EOF):
		w.close()
		return nil, nil
	}
	w.close()
	return nil, err
}

// scanLocked reads a stream from the window on. If the reading fails, the mark is
// where the window is: what was read is not read again.
func (x *Index) scanLocked(ctx context.Context, w *window, m mark, tail int64) error {
	x.keys.setMark(w.stream, m)
	p := x.progressOf(w.stream, w.at, tail)
	for {
		e, err := w.next(ctx)
		if err != nil {
			x.keys.setMark(w.stream, w.mark(m))
		}
		switch {
		case errors.Is(err, io.EOF):
			p.end()
			return nil
		case err != nil:
			return err
		}
		if err := x.noteLocked(w.stream, w.lastAt, e); err != nil {
			// Nobody knows what is left of the keys: the mark says that none count.
			x.keys.setMark(w.stream, mark{})
			return err
		}
		if err := x.makeRoomLocked(w, m); err != nil {
			return err
		}
		p.at(w.at)
	}
}

// makeRoomLocked moves to the disk what is in memory, if that is enough.
func (x *Index) makeRoomLocked(w *window, m mark) error {
	if !x.keys.full() {
		return nil
	}
	x.keys.setMark(w.stream, w.mark(m))
	if err := x.keys.flush(); err != nil {
		return err
	}
	x.keys.setMark(w.stream, w.mark(m))
	return nil
}

func (x *Index) noteLocked(stream string, at int64, e Event) error {
	switch e.Operation {
	case Insert, Update:
		x.keys.put(stream, digestOf(e.Type, e.Key), at)
	case Delete:
		x.keys.put(stream, digestOf(e.Type, e.Key), gone)
	case Reset:
		return x.keys.clear(stream)
	}
	return nil
}

// mark returns the mark of all that was taken, which is m if nothing was.
func (w *window) mark(m mark) mark {
	if w.at == m.upTo {
		return m
	}
	return mark{upTo: w.at, from: w.from, sample: w.sample(), stream: m.stream}
}

func (e Event) puts() bool { return e.Operation == Insert || e.Operation == Update }
