package filestore

import (
	"encoding/binary"
	"fmt"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/internal/codec"
)

// kind is the first byte of a log record and says what follows; numbers are
// varints:
//
//	create  id, length and bytes of the name, config, change
//	change  id, tail before the change, change
//	delete  id, id of the fork source or 0
//
// Config and change are as package codec writes them. The byte entryEnd follows
// each: a record that ends in zeros, or in a byte with a single bit, could not be
// told from one whose end was never written once that bit is flipped.
type kind byte

const entryEnd = 0xa5

const (
	kindCreate kind = 1 + iota
	kindChange
	kindDelete
)

// entry is one staged step: a record of the log, and who waits for it.
type entry struct {
	kind   kind
	h      *handle
	change *store.Change // nil for a deletion
	tail   int64         // of the stream before the change
	done   store.Completion
}

// encode appends the log record.
func (e *entry) encode(dst []byte) []byte {
	m := &e.h.meta // ID, Name and Config never change
	dst = append(dst, byte(e.kind))
	dst = binary.AppendUvarint(dst, m.ID)
	switch e.kind {
	case kindCreate:
		dst = binary.AppendUvarint(dst, uint64(len(m.Name)))
		dst = append(dst, m.Name...)
		dst = codec.AppendConfig(dst, &m.Config)
	case kindChange:
		dst = binary.AppendVarint(dst, e.tail)
	case kindDelete:
		dst = binary.AppendUvarint(dst, sourceID(&m.Config))
		return append(dst, entryEnd)
	}
	return append(codec.AppendChange(dst, e.change), entryEnd)
}

func sourceID(c *store.Config) uint64 {
	if c.Fork == nil {
		return 0
	}
	return c.Fork.ID
}

// logged is a decoded log record.
type logged struct {
	kind   kind
	id     uint64
	name   string
	config store.Config
	change store.Change // its bytes are part of the record
	tail   int64
	source uint64
}

func decodeEntry(b []byte) (l logged, err error) {
	if len(b) < 2 || b[len(b)-1] != entryEnd {
		return l, fmt.Errorf("decode log record: %w", codec.ErrMalformed)
	}
	l.kind, b = kind(b[0]), b[1:len(b)-1]
	if l.id, b, err = uvarint(b); err != nil {
		return l, err
	}
	switch l.kind {
	case kindCreate:
		var n uint64
		if n, b, err = uvarint(b); err != nil {
			return l, err
		}
		if n > uint64(len(b)) {
			return l, fmt.Errorf("decode log record: %w", codec.ErrMalformed)
		}
		l.name, b = string(b[:n]), b[n:]
		if l.config, b, err = codec.Config(b); err != nil {
			return l, err
		}
	case kindChange:
		v, n := binary.Varint(b)
		if n <= 0 {
			return l, fmt.Errorf("decode log record: %w", codec.ErrMalformed)
		}
		l.tail, b = v, b[n:]
	case kindDelete:
		l.source, _, err = uvarint(b)
		return l, err
	default:
		return l, fmt.Errorf("decode log record: unknown kind %d", l.kind)
	}
	l.change, err = codec.Change(b)
	return l, err
}

func uvarint(b []byte) (uint64, []byte, error) {
	v, n := binary.Uvarint(b)
	if n <= 0 {
		return 0, nil, fmt.Errorf("decode log record: %w", codec.ErrMalformed)
	}
	return v, b[n:], nil
}
