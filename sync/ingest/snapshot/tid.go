package snapshot

import (
	"encoding/binary"
	"fmt"
	"math"
)

// tid is the address of a row version in its table: a block, and a place in it that
// counts from 1. Its text is that of Postgres: "(block,place)".
type tid struct {
	Block uint32
	Place uint16
}

// tidBytes is the length of an address in the binary format of Postgres.
const tidBytes = 6

// decodeTID reads the binary format of Postgres: block and place, the high byte first.
// It is called for each row. The text takes the server more than twice as long to make,
// and a third of the time that it needs for all columns of a small row.
func decodeTID(b []byte) (tid, error) {
	if len(b) != tidBytes {
		return tid{}, fmt.Errorf("row address of %d bytes, want %d", len(b), tidBytes)
	}
	return tid{binary.BigEndian.Uint32(b), binary.BigEndian.Uint16(b[4:])}, nil
}

// parseTID reads the text of Postgres.
func parseTID(text []byte) (tid, error) {
	i := 0
	literal := func(c byte) bool {
		i++
		return i <= len(text) && text[i-1] == c
	}
	number := func(limit uint64) (n uint64, ok bool) {
		for ; i < len(text) && '0' <= text[i] && text[i] <= '9' && n <= limit; i++ {
			n, ok = n*10+uint64(text[i]-'0'), true
		}
		return n, ok && n <= limit
	}
	opened := literal('(')
	block, okBlock := number(math.MaxUint32)
	parted := literal(',')
	place, okPlace := number(math.MaxUint16)
	closed := literal(')')
	if !opened || !okBlock || !parted || !okPlace || !closed || i != len(text) {
		return tid{}, fmt.Errorf("row address %.40q: want (block,place)", string(text))
	}
	return tid{uint32(block), uint16(place)}, nil
}

func (t tid) String() string { return fmt.Sprintf("(%d,%d)", t.Block, t.Place) }

// literal is the address in SQL.
func (t tid) literal() string { return "'" + t.String() + "'::pg_catalog.tid" }

// MarshalText writes the text of Postgres.
func (t tid) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads the text of Postgres.
func (t *tid) UnmarshalText(text []byte) (err error) {
	*t, err = parseTID(text)
	return err
}
