package earlier

import (
	"context"
	"errors"
	"fmt"
	"io"
)

const (
	scanBuffer   = 256 << 10 // where many messages are read
	lookupBuffer = 8 << 10   // where one is
	// maxBuffer bounds the messages that can be read. It is what a row of Postgres
	// is bounded by.
	maxBuffer = 1 << 30
	// farAhead is how many bytes are worth reading only to be dropped.
	farAhead = 1 << 20
	// sampleBytes is how much of what was taken stays in the buffer.
	sampleBytes = 512
)

var errTooLong = fmt.Errorf("the message is too long to be read in %d bytes", maxBuffer)

// window is the part of a stream that is in memory while the stream is read. It
// belongs to one goroutine.
type window struct {
	source Source
	stream string
	body   io.ReadCloser
	ended  bool

	buf    []byte // buf[start:] has been read and not taken
	start  int
	at     int64 // the offset of buf[start]
	lastAt int64 // the offset of the message that was taken last; at, if none was
	// The sample lies behind from, which is the offset of a message, as is later, from
	// where it will be.
	from, later int64
}

func openWindow(ctx context.Context, source Source, stream string, at int64, size int) (*window, error) {
	w := &window{source: source, stream: stream, buf: make([]byte, 0, size)}
	if err := w.open(ctx, at); err != nil {
		return nil, err
	}
	return w, nil
}

func (w *window) open(ctx context.Context, at int64) error {
	body, err := w.source.Read(ctx, w.stream, at)
	if err != nil {
		return err
	}
	w.body, w.ended = body, false
	w.buf, w.start, w.at, w.lastAt, w.from, w.later = w.buf[:0], 0, at, at, at, at
	return nil
}

func (w *window) close() {
	if w.body != nil {
		_ = w.body.Close()
		w.body = nil
	}
}

// next takes the next message. At the tail it returns io.EOF; a tail inside of a
// message is ErrDamaged. The event's bytes hold until the next call.
func (w *window) next(ctx context.Context) (Event, error) {
	for {
		rest := w.buf[w.start:]
		e, n, err := parse(rest)
		switch {
		case err != nil:
			return Event{}, fmt.Errorf("at offset %d: %w", w.at, err)
		case n > 0:
			w.take(n)
			return e, nil
		case w.ended && skipSpace(rest, 0) == len(rest):
			return Event{}, io.EOF
		case w.ended:
			return Event{}, fmt.Errorf("the last message, at offset %d, does not end: %w", w.at, ErrDamaged)
		}
		if err := w.fill(ctx); err != nil {
			return Event{}, err
		}
	}
}

// takeUpTo takes all bytes before an offset as if they were one message. It returns
// io.EOF if there are fewer.
func (w *window) takeUpTo(ctx context.Context, to int64) error {
	for w.at+int64(len(w.buf)-w.start) < to {
		if w.ended {
			return io.EOF
		}
		if err := w.fill(ctx); err != nil {
			return err
		}
	}
	w.take(int(to - w.at))
	return nil
}

func (w *window) take(n int) {
	w.lastAt = w.at
	w.start += n
	w.at += int64(n)
	if w.at-w.later >= sampleBytes {
		w.from, w.later = w.later, w.lastAt
	}
}

// seek moves on to an offset that has not been taken yet.
func (w *window) seek(ctx context.Context, to int64) error {
	if to < w.at || to > w.at+int64(len(w.buf)-w.start)+farAhead {
		w.close()
		return w.open(ctx, to)
	}
	for w.at < to {
		if held := len(w.buf) - w.start; held > 0 {
			w.take(int(min(int64(held), to-w.at)))
			continue
		}
		if w.ended {
			return fmt.Errorf("offset %d is beyond the tail: %w", to, ErrDamaged)
		}
		if err := w.fill(ctx); err != nil {
			return err
		}
	}
	return nil
}

// fill reads until the buffer is full or the stream ends. A buffer that is full
// already grows to twice its size, so a long message is not parsed too often.
func (w *window) fill(ctx context.Context) error {
	w.shift()
	if len(w.buf) == cap(w.buf) {
		if cap(w.buf) >= maxBuffer {
			return fmt.Errorf("at offset %d: %w", w.at, errTooLong)
		}
		w.buf = append(make([]byte, 0, 2*cap(w.buf)), w.buf...)
	}
	for len(w.buf) < cap(w.buf) {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := w.body.Read(w.buf[len(w.buf):cap(w.buf)])
		w.buf = w.buf[:len(w.buf)+n]
		switch {
		case errors.Is(err, io.EOF):
			w.ended = true
			return nil
		case err != nil:
			return err
		}
	}
	return nil
}

// shift drops what has been taken, but for the sample.
func (w *window) shift() {
	from := w.start - w.sampled()
	w.buf = w.buf[:copy(w.buf, w.buf[from:])]
	w.start -= from
}

func (w *window) sampled() int {
	return int(min(w.at-w.from, sampleBytes, int64(w.start)))
}

// sample is a digest of the end of what was taken, of so much that streams hardly have
// it in common: a single message may be as in any other stream, a control event say.
func (w *window) sample() digest { return sum(w.buf[w.start-w.sampled() : w.start]) }
