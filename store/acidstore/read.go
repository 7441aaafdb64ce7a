package acidstore

import (
	"fmt"
	"io"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore/internal/boltfile"
)

// copyBytes is up to how much a read copies at once into memory of its own. More
// is copied a part at a time, as it is asked for, so that a slow client holds
// neither memory nor pages.
const copyBytes = 64 << 10

// Read implements store.Handle. What the buffer no longer has is in the tables.
func (h *handle) Read(from, to int64) ([]store.Piece, error) {
	h.mu.Lock()
	start := h.buf.Start()
	slices := h.buf.Slices(max(from, start), to)
	h.mu.Unlock()
	var pieces []store.Piece
	if from < min(to, start) {
		p, err := h.readTables(from, min(to, start))
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, p)
	}
	for _, b := range slices {
		pieces = append(pieces, store.Piece{Mem: b})
	}
	return pieces, nil
}

// readTables returns bytes that the tables have.
func (h *handle) readTables(from, to int64) (store.Piece, error) {
	if to-from <= copyBytes {
		b := make([]byte, to-from)
		if _, err := h.copyAt(b, from); err != nil {
			return store.Piece{}, err
		}
		return store.Piece{Mem: b}, nil
	}
	s := &section{h: h, pos: from, end: to}
	h.shard.pin(h.meta.ID)
	return store.Piece{File: &store.Section{R: s, N: to - from, C: s}}, nil
}

// section yields a run of a stream's bytes, each part in a transaction of its own.
type section struct {
	h        *handle
	pos, end int64
	closed   bool
}

// Read implements io.Reader.
func (s *section) Read(p []byte) (int, error) {
	if s.pos >= s.end {
		return 0, io.EOF
	}
	n, err := s.h.copyAt(p[:min(int64(len(p)), s.end-s.pos)], s.pos)
	s.pos += int64(n)
	return n, err
}

// Close implements io.Closer.
func (s *section) Close() error {
	if !s.closed {
		s.closed = true
		s.h.shard.unpin(s.h.meta.ID)
	}
	return nil
}

// copyAt fills p with the stream's bytes from position pos on.
func (h *handle) copyAt(p []byte, pos int64) (n int, err error) {
	err = h.shard.view(func(r *boltfile.Reader) error {
		c := r.Bucket(streamsBucket).Cursor()
		at, chunk, err := seekChunk(c, h.meta.ID, pos)
		for err == nil {
			n += copy(p[n:], chunk.bytes[pos+int64(n)-at:])
			if n == len(p) {
				return nil
			}
			at, chunk, err = nextChunk(c, h.meta.ID, pos+int64(n))
		}
		return err
	})
	if err != nil {
		return n, h.unreadable(pos+int64(n), err)
	}
	return n, nil
}

// seekChunk returns the chunk that holds the byte at pos, and where it begins.
func seekChunk(c *boltfile.Cursor, id uint64, pos int64) (at int64, ch chunk, err error) {
	found, err := c.SeekBack(chunkKey(id, pos))
	if err != nil {
		return 0, ch, err
	}
	if found {
		at, found = chunkPos(c.Key(), id)
	}
	if !found {
		return 0, ch, missingAt(c)
	}
	if ch, err = chunkOf(c); err != nil {
		return 0, ch, err
	}
	if pos >= at+int64(len(ch.bytes)) {
		return 0, ch, missingAt(c)
	}
	return at, ch, nil
}

// nextChunk returns the next chunk, which must begin at pos.
func nextChunk(c *boltfile.Cursor, id uint64, pos int64) (at int64, ch chunk, err error) {
	if _, err := c.Next(); err != nil {
		return 0, ch, err
	}
	if at, ok := chunkPos(c.Key(), id); !ok || at != pos {
		return 0, ch, missingAt(c)
	}
	ch, err = chunkOf(c)
	return pos, ch, err
}

// missingAt says in which leaf a chunk should be.
func missingAt(c *boltfile.Cursor) error {
	return &valueError{offset: c.Leaf().Page(), err: errChunkMissing}
}

// chunkOf decodes the chunk that the cursor is at.
func chunkOf(c *boltfile.Cursor) (chunk, error) {
	v, err := c.Value()
	if err != nil {
		return chunk{}, err
	}
	ch, err := decodeChunk(c.Key(), v)
	return ch, atCursor(c, err)
}

// unreadable names bytes that cannot be read.
func (h *handle) unreadable(pos int64, err error) error {
	return fmt.Errorf("read at position %d: %w", pos, h.shard.damage(h.meta.Name, err))
}

// AppendAt implements store.Handle.
func (h *handle) AppendAt(pos int64) (start, end int64, err error) {
	h.mu.Lock()
	if pos >= h.buf.Start() {
		defer h.mu.Unlock()
		start, end = h.buf.AppendAt(pos)
		return start, end, nil
	}
	h.mu.Unlock()
	err = h.shard.view(func(r *boltfile.Reader) error {
		c := r.Bucket(streamsBucket).Cursor()
		at, ch, err := seekChunk(c, h.meta.ID, pos)
		if err != nil {
			return err
		}
		var open bool
		ch.each(func(s, e int, o bool) bool {
			start, end, open = at+int64(s), at+int64(e), o
			return pos >= end
		})
		for open {
			if at, ch, err = nextChunk(c, h.meta.ID, end); err != nil {
				return err
			}
			ch.each(func(_, e int, o bool) bool {
				end, open = at+int64(e), o
				return false
			})
		}
		if start, err = h.beginning(c, pos, start); err != nil {
			return err
		}
		return nil
	})
	if err != nil {
		return 0, 0, h.unreadable(pos, err)
	}
	return start, end, nil
}

// beginning walks back over the pieces of a large append to its first byte.
func (h *handle) beginning(c *boltfile.Cursor, pos, start int64) (int64, error) {
	at, ch, err := seekChunk(c, h.meta.ID, pos)
	for err == nil && start == at && ch.continues {
		if at, ch, err = seekChunk(c, h.meta.ID, at-1); err != nil {
			break
		}
		ch.each(func(s, _ int, open bool) bool {
			start = at + int64(s)
			return !open
		})
	}
	return start, err
}
