package pgoutput

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/weirstreams/weir/sync/ingest/lsn"
)

// postgresEpoch is the start of the year 2000, in microseconds of Unix time.
const postgresEpoch = 946_684_800_000_000

// catalogueSchema is what an empty schema name stands for in messages.
const catalogueSchema = "pg_catalog"

// reader walks over one message. The first thing that is wrong stays in err;
// from then on every read gives zero, so that callers check once, with end.
type reader struct {
	rest []byte
	size int // of the whole message, to say where something is wrong
	err  error
}

// newReader begins after the byte that names the kind of the message.
func newReader(message []byte) reader {
	return reader{rest: message[1:], size: len(message)}
}

// end says what was wrong. A message must also have been read to its last byte.
func (r *reader) end() error {
	if r.err == nil && len(r.rest) != 0 {
		r.malformed("%d bytes are left over", len(r.rest))
	}
	return r.err
}

// fail notes the error and stops the reading. There is no error yet: callers
// have looked.
func (r *reader) fail(err error) {
	r.err, r.rest = err, nil
}

// malformed notes where and how the layout is not the one of the kind.
func (r *reader) malformed(format string, args ...any) {
	if r.err != nil {
		return
	}
	at := r.size - len(r.rest)
	r.fail(fmt.Errorf("byte %d: %s: %w", at, fmt.Sprintf(format, args...), ErrMalformed))
}

// take lends the next n bytes, or nil if there are fewer.
func (r *reader) take(n uint32, what string) []byte {
	if uint64(n) > uint64(len(r.rest)) {
		r.malformed("%s needs %d bytes, %d are there", what, n, len(r.rest))
		return nil
	}
	taken := r.rest[:n:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) uint8(what string) uint8 {
	if b := r.take(1, what); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint16(what string) uint16 {
	if b := r.take(2, what); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (r *reader) uint32(what string) uint32 {
	if b := r.take(4, what); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *reader) uint64(what string) uint64 {
	if b := r.take(8, what); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (r *reader) lsn(what string) lsn.LSN {
	return lsn.LSN(r.uint64(what))
}

// time reads microseconds since the epoch of Postgres.
func (r *reader) time(what string) time.Time {
	return time.UnixMicro(int64(r.uint64(what)) + postgresEpoch).UTC()
}

// flags refuses bits that are not among the known ones: they would say
// something about the message that we do not understand.
func (r *reader) flags(known uint8, what string) uint8 {
	flags := r.uint8(what)
	if flags&^known != 0 {
		r.malformed("%s hold %#02x, known are %#02x", what, flags, known)
	}
	return flags
}

// text lends the bytes before the next zero byte.
func (r *reader) text(what string) []byte {
	length := bytes.IndexByte(r.rest, 0)
	if length < 0 {
		r.malformed("%s has no end", what)
		return nil
	}
	text := r.rest[:length:length]
	r.rest = r.rest[length+1:]
	return text
}

// schema reads a schema name, in which nothing stands for the catalogue's.
func (r *reader) schema() string {
	name := r.text("schema")
	if len(name) == 0 {
		return catalogueSchema
	}
	return string(name)
}
