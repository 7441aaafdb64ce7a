package httpapi

import (
	"io"
	"net/http"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/stream"
)

// read serves GET: catch-up, long-poll or SSE (sections 5.6 to 5.8).
func (h *Handler) read(w http.ResponseWriter, r *http.Request, name string) error {
	q, err := parseQuery(r)
	if err != nil {
		// A missing stream is said before a malformed parameter.
		if _, missing := h.engine.Head(name); missing != nil {
			return missing
		}
		return err
	}
	switch q.live {
	case liveSSE:
		return h.subscribe(w, r, name, q)
	case liveLongPoll:
		return h.longPoll(w, r, name, q)
	default:
		return h.catchUp(w, r, name, q)
	}
}

func (h *Handler) catchUp(w http.ResponseWriter, r *http.Request, name string, q query) error {
	unwatched(r)
	rd, err := h.engine.Read(name, q.at, false)
	if err != nil {
		return err
	}
	defer rd.Close()
	p, err := rd.Peek()
	if err != nil {
		return err
	}
	a := h.answer(w, r)
	if q.at == stream.Tail {
		a.set(hCacheControl, noStore)
		return h.page(&a, rd, p)
	}
	if p.UpToDate {
		// More may follow at any time, so a cache asks again.
		a.set(hCacheControl, noCache)
	} else {
		a.set(hCacheControl, cacheable)
	}
	tag := pageTag(p)
	a.set(hETag, tag)
	if matchesTag(r.Header[hIfNoneMatch], tag) {
		a.position(p)
		a.send(http.StatusNotModified)
		return nil
	}
	return h.page(&a, rd, p)
}

// position adds the fields that say where a page ends.
func (a *answer) position(p *stream.Page) {
	a.offset(hNextOffset, p.To)
	if p.UpToDate {
		a.set(hUpToDate, "true")
	}
	if p.EOF {
		a.set(hClosed, "true")
	}
}

// page ends an answer with the page and its bytes.
func (h *Handler) page(a *answer, rd *stream.Reader, p *stream.Page) error {
	if err := rd.Take(p); err != nil {
		a.drop()
		return err
	}
	defer p.Close()
	size := p.Len()
	h.counters.readBytes.Add(size)
	if p.Format == stream.JSON {
		size = max(size, 1) + 1
	}
	a.position(p)
	a.set(hContentType, p.ContentType)
	a.number(hContentLength, size)
	if a.takes(size) {
		a.endFields()
		if err := copyPage(a, p); err != nil {
			a.drop()
			return err
		}
		a.sendWhole()
		return nil
	}
	a.sendFields()
	if err := copyPage(h.paced(a.w, a.r), p); err != nil {
		// The length was announced, so the client sees that something is
		// missing once the connection ends.
		h.log.Debug().Err(err).Msg("a page was not sent whole")
		panic(http.ErrAbortHandler)
	}
	return nil
}

// copyPage sends the bytes of a page as readers get them.
func copyPage(w io.Writer, p *stream.Page) error {
	if p.Format != stream.JSON {
		return copyPieces(w, p.Pieces)
	}
	io.WriteString(w, "[")
	if err := copyPieces(w, withoutLast(p.Pieces)); err != nil {
		return err
	}
	_, err := io.WriteString(w, "]")
	return err
}

// copyPieces sends pieces. Those in files go by way of io.ReaderFrom, which lets
// the kernel move them.
func copyPieces(w io.Writer, pieces []store.Piece) error {
	for _, p := range pieces {
		if p.File == nil {
			if _, err := w.Write(p.Mem); err != nil {
				return err
			}
			continue
		}
		n, err := io.Copy(w, p.File.R)
		if err != nil {
			return err
		}
		if n != p.File.N {
			return io.ErrUnexpectedEOF
		}
	}
	return nil
}

// withoutLast returns the pieces without their last byte, the comma behind the
// last message. The pieces themselves stay whole, for the page to close.
func withoutLast(pieces []store.Piece) []store.Piece {
	if len(pieces) == 0 {
		return nil
	}
	out := append([]store.Piece(nil), pieces...)
	last := &out[len(out)-1]
	if f := last.File; f != nil {
		last.File = &store.Section{R: shorter(f.R, f.N-1), N: f.N - 1}
	} else {
		last.Mem = last.Mem[:len(last.Mem)-1]
	}
	return out
}

// shorter ends a section's reader after n bytes, keeping it of the kind that the
// kernel can send.
func shorter(r io.Reader, n int64) io.Reader {
	if l, ok := r.(*io.LimitedReader); ok {
		r = l.R
	}
	return &io.LimitedReader{R: r, N: n}
}
