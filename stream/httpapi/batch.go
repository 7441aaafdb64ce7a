package httpapi

import (
	"time"

	"github.com/weirstreams/weir/sse"
	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/stream"
)

// batch returns a page as the readers of its stream share it, with the cursor of
// the present interval.
func (h *Handler) batch(room *sse.Room, rd *stream.Reader, p *stream.Page, now time.Time) (*sse.Batch, error) {
	k := sse.Key{
		From: int64(p.From), To: int64(p.To), UpToDate: p.UpToDate, Closed: p.EOF,
		Cursor: int64(stream.CurrentCursor(now)),
	}
	return room.Batch(k, func(dst []byte) ([]byte, string, error) {
		next := p.To.String()
		if p.Len() == 0 {
			return dst, next, nil
		}
		if err := rd.Take(p); err != nil {
			return nil, "", err
		}
		defer p.Close()
		payload, err := inMemory(p.Pieces)
		if err != nil {
			return nil, "", err
		}
		return sse.AppendEvent(dst, encodings[p.Format], next, payload...), next, nil
	})
}

var encodings = map[stream.Format]sse.Encoding{
	stream.Binary: sse.Base64,
	stream.Text:   sse.Text,
	stream.JSON:   sse.JSON,
}

// inMemory returns the bytes of pieces, reading those that are in files.
func inMemory(pieces []store.Piece) ([][]byte, error) {
	out := make([][]byte, len(pieces))
	for i, p := range pieces {
		b, err := p.Bytes()
		if err != nil {
			return nil, err
		}
		out[i] = b
	}
	return out, nil
}

// feed is a stream as the goroutine of its room reads it.
type feed struct {
	h    *Handler
	room *sse.Room
	rd   *stream.Reader
}

// Changed implements sse.Feed.
func (f *feed) Changed() <-chan struct{} { return f.rd.Changed() }

// Next implements sse.Feed.
func (f *feed) Next() (*sse.Batch, error) {
	p, err := f.rd.Peek()
	if err != nil || p.Len() == 0 && !p.EOF {
		return nil, err // an error: deleted or expired
	}
	b, err := f.h.batch(f.room, f.rd, p, time.Now())
	if err != nil {
		f.h.log.Debug().Err(err).Msg("the SSE connections of a stream were ended")
		return nil, err
	}
	f.rd.Skip(p)
	return b, nil
}

// Last implements sse.Feed.
func (f *feed) Last() (*sse.Batch, error) {
	p, err := f.rd.Peek()
	if err != nil {
		return nil, err
	}
	return f.h.batch(f.room, f.rd, p.Before(), time.Now())
}

// Close implements sse.Feed.
func (f *feed) Close() { f.rd.Close() }
