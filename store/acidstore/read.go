package acidstore

import (
	"fmt"
	"io"

	bolt "go.etcd.io/bbolt"

	"github.com/weirstreams/weir/store"
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
	err = h.shard.view(func(tx *bolt.Tx) error {
		c := tx.Bucket(streamsBucket).Cursor()
		at, chunk, err := h.seek(c, pos)
		for err == nil {
			n += copy(p[n:], chunk.bytes[pos+int64(n)-at:])
			if n == len(p) {
				return nil
			}
			at, chunk, err = h.follow(c, pos+int64(n))
		}
		return err
	})
	if err != nil {
		return n, h.unreadable(pos+int64(n), err)
	}
	return n, nil
}

// seek returns the chunk that holds the byte at pos, and where it begins.
func (h *handle) seek(c *bolt.Cursor, pos int64) (at int64, ch chunk, err error) {
	id := h.meta.ID
	k, v := c.Seek(chunkKey(id, pos))
	if at, ok := chunkPos(k, id); !ok || at != pos {
		if k, v = c.Prev(); k == nil {
			k, v = c.Last()
		}
	}
	at, ok := chunkPos(k, id)
	if !ok {
		return 0, ch, errChunkMissing
	}
	if ch, err = decodeChunk(k, v); err != nil {
		return 0, ch, err
	}
	if pos >= at+int64(len(ch.bytes)) {
		return 0, ch, errChunkMissing
	}
	return at, ch, nil
}

// follow returns the next chunk, which must begin at pos.
func (h *handle) follow(c *bolt.Cursor, pos int64) (at int64, ch chunk, err error) {
	k, v := c.Next()
	if at, ok := chunkPos(k, h.meta.ID); !ok || at != pos {
		return 0, ch, errChunkMissing
	}
	ch, err = decodeChunk(k, v)
	return pos, ch, err
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
	err = h.shard.view(func(tx *bolt.Tx) error {
		c := tx.Bucket(streamsBucket).Cursor()
		at, ch, err := h.seek(c, pos)
		if err != nil {
			return err
		}
		var open bool
		ch.each(func(s, e int, o bool) bool {
			start, end, open = at+int64(s), at+int64(e), o
			return pos >= end
		})
		for open {
			if at, ch, err = h.follow(c, end); err != nil {
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
func (h *handle) beginning(c *bolt.Cursor, pos, start int64) (int64, error) {
	at, ch, err := h.seek(c, pos)
	for err == nil && start == at && ch.continues {
		if at, ch, err = h.seek(c, at-1); err != nil {
			break
		}
		ch.each(func(s, _ int, open bool) bool {
			start = at + int64(s)
			return !open
		})
	}
	return start, err
}
