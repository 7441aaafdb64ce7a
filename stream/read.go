package stream

import "github.com/weirstreams/weir/store"

// Reader reads one stream from a position on, page by page. It belongs to one
// goroutine. While it is live the stream does not expire by its sliding window.
type Reader struct {
	s    *Stream
	pos  int64
	live bool
	page int64 // bounds a page beside Options.PageBytes; 0: does not
}

// Page is a run of a stream's bytes, and what was visible when it was read, all
// of one instant (section 5.6). For JSON streams the bytes are whole messages,
// each followed by a comma.
type Page struct {
	Info     // of the stream
	Format   Format
	From, To Offset
	UpToDate bool // the page reaches the tail
	// EOF reports that the page reaches the end of a closed stream.
	EOF    bool
	Pieces []store.Piece
}

// Len returns the number of the page's bytes.
func (p *Page) Len() int64 { return int64(p.To - p.From) }

// Rest is the empty page behind p, of the same instant.
func (p *Page) Rest() *Page {
	rest := *p
	rest.From, rest.Pieces = p.To, nil
	return &rest
}

// Before is the empty page in front of p, of the same instant.
func (p *Page) Before() *Page {
	before := *p
	before.To, before.Pieces = p.From, nil
	before.UpToDate = p.UpToDate && p.Len() == 0
	before.EOF = p.EOF && p.Len() == 0
	return &before
}

// Close gives the page's bytes back.
func (p *Page) Close() { store.ClosePieces(p.Pieces) }

// Read opens a stream at a position. It counts as an access, which renews a
// sliding window. The caller closes the reader.
func (e *Engine) Read(name string, at Position, live bool) (*Reader, error) {
	s, err := e.acquire(name)
	if err != nil {
		return nil, err
	}
	r := &Reader{s: s, live: live}
	if err := r.open(at); err != nil {
		e.release(s)
		return nil, err
	}
	if live {
		e.pins.pin(s)
	}
	s.touch(now())
	return r, nil
}

func (r *Reader) open(at Position) error {
	s := r.s
	s.mu.Lock()
	err, tail := s.usableLocked(now()), s.visibleTail
	s.mu.Unlock()
	if err != nil {
		return err
	}
	r.pos = int64(at)
	if at == Tail {
		r.pos = tail
	}
	if r.pos > tail {
		return refuse(CodeInvalidOffset, "the offset is beyond the tail of the stream, which is %s", Offset(tail))
	}
	return fromStore(s.checkBoundary(r.pos, tail))
}

// Clone returns another reader of the same stream at the same position, for the
// caller to close.
func (r *Reader) Clone() *Reader {
	r.s.engine.active.hold(r.s)
	if r.live {
		r.s.engine.pins.pin(r.s)
	}
	clone := *r
	return &clone
}

// Close gives the stream back.
func (r *Reader) Close() {
	if r.live {
		r.s.engine.pins.unpin(r.s)
	}
	r.s.engine.release(r.s)
}

// Pos is where the next page begins.
func (r *Reader) Pos() Offset { return Offset(r.pos) }

// Seek moves the position to where a page of the stream has ended.
func (r *Reader) Seek(pos Offset) { r.pos = int64(pos) }

// Limit bounds the pages that follow to n bytes, where Options.PageBytes allows
// more; 0 lifts that.
func (r *Reader) Limit(n int64) { r.page = n }

// ID tells the stream from an earlier one of the same name.
func (r *Reader) ID() uint64 { return r.s.id }

// Format returns what the stream's bytes are.
func (r *Reader) Format() Format { return r.s.format }

// Changed returns a channel that is closed once something has changed that a
// page may show. Take it before Next, so that nothing is missed in between.
func (r *Reader) Changed() <-chan struct{} {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	return r.s.changedLocked()
}

// Peek describes the page at the reader's position, which may be empty, without
// its bytes. It does not wait.
func (r *Reader) Peek() (*Page, error) {
	s := r.s
	s.mu.Lock()
	info, err := s.infoLocked(), s.usableLocked(now())
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	to, err := s.pageEnd(r.pos, int64(info.Tail), r.pageBytes())
	if err != nil {
		return nil, r.goneOr(err)
	}
	p := &Page{Info: info, Format: s.format, From: Offset(r.pos), To: Offset(to)}
	p.UpToDate = p.To == info.Tail
	p.EOF = p.UpToDate && info.Closed
	return p, nil
}

// pageBytes is the most that a page has.
func (r *Reader) pageBytes() int64 {
	size := r.s.engine.opts.PageBytes
	if r.page > 0 {
		size = min(size, r.page)
	}
	return size
}

// Take reads the bytes of a page that Peek described.
func (r *Reader) Take(p *Page) error {
	var err error
	p.Pieces, err = r.s.pieces(int64(p.From), int64(p.To))
	return r.goneOr(err)
}

// Skip moves the position behind a page.
func (r *Reader) Skip(p *Page) { r.pos = int64(p.To) }

// goneOr explains a failed read of a stream that was deleted meanwhile.
func (r *Reader) goneOr(err error) error {
	if err == nil {
		return nil
	}
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if gone := r.s.usableLocked(now()); gone != nil {
		return gone
	}
	return fromStore(err)
}
