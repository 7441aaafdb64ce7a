package stream

import (
	"unicode/utf8"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/stream/jsontext"
)

// The bytes of a fork begin in its source: position by position, the owner is
// the stream in whose own part it lies.

// owner returns the stream that holds the byte at pos, and the position at which
// that stream's part of s ends.
func (s *Stream) owner(pos int64) (o *Stream, limit int64) {
	limit = maxOffset
	for o = s; pos < o.base(); o = o.source {
		limit = min(limit, o.base())
	}
	return o, limit
}

// pieces returns the bytes between two visible positions.
func (s *Stream) pieces(from, to int64) ([]store.Piece, error) {
	var all []store.Piece
	for from < to {
		o, limit := s.owner(from)
		end := min(to, limit)
		ps, err := o.handle.Read(from, end)
		if err != nil {
			store.ClosePieces(all)
			return nil, s.engine.noteDamage(err)
		}
		if all == nil {
			all = ps
		} else {
			all = append(all, ps...)
		}
		from = end
	}
	return all, nil
}

// bytes returns the bytes between two visible positions as one slice, which is
// not to be changed.
func (s *Stream) bytes(from, to int64) ([]byte, error) {
	ps, err := s.pieces(from, to)
	if err != nil {
		return nil, err
	}
	defer store.ClosePieces(ps)
	if len(ps) == 1 {
		return ps[0].Bytes()
	}
	out := make([]byte, 0, to-from)
	for _, p := range ps {
		b, err := p.Bytes()
		if err != nil {
			return nil, err
		}
		out = append(out, b...)
	}
	return out, nil
}

// appendAt returns the bounds of the append that wrote the byte at pos, as far
// as it belongs to s: a fork may have taken only its beginning.
func (s *Stream) appendAt(pos int64) (start, end int64, err error) {
	o, limit := s.owner(pos)
	start, end, err = o.handle.AppendAt(pos)
	return start, min(end, limit), s.engine.noteDamage(err)
}

// checkBoundary refuses a position inside a message of a JSON stream. Any
// position of another stream is fine.
func (s *Stream) checkBoundary(pos, tail int64) error {
	if s.format != JSON || pos == 0 || pos == tail || pos == s.base() {
		return nil
	}
	start, _, err := s.appendAt(pos)
	if err != nil || start == pos {
		return err
	}
	b, err := s.bytes(start, pos)
	if err != nil {
		return err
	}
	if jsontext.Cut(b, len(b)) != len(b) {
		return refuse(CodeInvalidOffset, "the offset lies inside a message; use a Stream-Next-Offset of this stream")
	}
	return nil
}

// pageEnd returns where a page that begins at from ends: at most a page's size
// further, at the tail, at a message boundary, or for text not inside a
// character. It moves on unless from is the tail.
func (s *Stream) pageEnd(from, tail, size int64) (int64, error) {
	to := from + size
	if to >= tail {
		return tail, nil
	}
	switch s.format {
	case JSON:
		return s.messageEnd(from, to)
	case Text:
		return s.runeEnd(from, to)
	default:
		return to, nil
	}
}

// messageEnd returns the last message boundary up to position to, or when the
// message at from is larger than that, its end.
func (s *Stream) messageEnd(from, to int64) (int64, error) {
	start, end, err := s.appendAt(to)
	if err != nil || start > from {
		return start, err
	}
	b, err := s.bytes(from, to)
	if err != nil {
		return 0, err
	}
	if n := jsontext.Cut(b, len(b)); n > 0 {
		return from + int64(n), nil
	}
	if b, err = s.bytes(from, end); err != nil {
		return 0, err
	}
	return from + int64(jsontext.Next(b)), nil
}

// runeEnd moves position to back to the beginning of a UTF-8 sequence that it
// would cut. Bytes that are no such sequence are cut anywhere.
func (s *Stream) runeEnd(from, to int64) (int64, error) {
	at := max(from, to-utf8.UTFMax+1)
	b, err := s.bytes(at, to)
	if err != nil {
		return 0, err
	}
	for i := len(b) - 1; i >= 0; i-- {
		if !utf8.RuneStart(b[i]) {
			continue
		}
		if start := at + int64(i); !utf8.FullRune(b[i:]) && start > from {
			return start, nil
		}
		break
	}
	return to, nil
}
