package wal_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/weirstreams/weir/store/filestore/wal"
)

// lone returns a log that holds one record.
func lone(t *testing.T, payload []byte) *memFS {
	t.Helper()
	m := newMemFS()
	l := open(t, m, 1, nil)
	_, err := l.Append(func(p []byte) []byte { return append(p, payload...) })
	must(t, err)
	must(t, l.Flush())
	return m
}

// ones returns n bytes of 1 with zeros from one byte to another.
func ones(n, from, to int) []byte {
	p := bytes.Repeat([]byte{1}, n)
	clear(p[from:to])
	return p
}

// TestFlippedOrTorn turns one bit of a lone record over. Where a torn write leaves
// the same bytes, it is one.
func TestFlippedOrTorn(t *testing.T) {
	const start = wal.HeaderSize + wal.RecordHeaderSize // of the payload
	inSector := func(n int) int { return n*512 - start }
	only := func(n, at int) []byte { // zeros, but for one bit
		p := make([]byte, n)
		p[at] = 1
		return p
	}
	long := ones(100<<10, inSector(3), inSector(4))
	tests := []struct {
		name    string
		payload []byte
		at      int
		mask    byte
		torn    bool
	}{
		{"in the middle", ones(2000, 0, 0), 700, 1, false},
		{"last byte", ones(2000, 0, 0), 1999, 1, true},
		{"last byte, a bit set", ones(2000, 0, 0), 1999, 2, false},
		{"last byte but one", ones(2000, 0, 0), 1998, 1, false},
		{"before zeros to the end", ones(2000, 1000, 2000), 999, 1, true},
		{"in zeros to the end", ones(2000, 1000, 2000), 1500, 1, false},
		{"all of its sector", only(2000, inSector(2)+9), inSector(2) + 9, 1, true},
		{"behind a sector of zeros", ones(2000, inSector(1), inSector(2)), inSector(2), 1, false},
		{"long", ones(100<<10, 0, 0), 700, 1, false},
		{"long, with a sector of zeros", long, 700, 1, true},
		{"long, with a sector of zeros, a bit set", long, 700, 2, false},
		{"long, ends with a zero", ones(100<<10, 100<<10-1, 100<<10), 700, 1, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := lone(t, tt.payload)
			m.names[seg1].data[start+tt.at] ^= tt.mask
			got, err := replayed(m)
			var damage *wal.CorruptionError
			switch {
			case tt.torn && (err != nil || len(got) > 0):
				t.Errorf("got %d records and error %v, want a torn tail", len(got), err)
			case !tt.torn && (!errors.As(err, &damage) || !damage.Flipped):
				t.Errorf("got error %v, want a flipped bit", err)
			case !tt.torn && !bytes.Equal(damage.Payload, tt.payload):
				t.Error("got another payload, want the one that was written")
			}
		})
	}
}

// TestBitInTheZerosAhead sets one bit where no record has been written yet.
func TestBitInTheZerosAhead(t *testing.T) {
	m := lone(t, nil)
	clear(m.names[seg1].data[wal.HeaderSize:])
	m.names[seg1].data[wal.HeaderSize] = 1
	if got, err := replayed(m); err != nil || len(got) > 0 {
		t.Errorf("got %q and error %v, want a torn tail", got, err)
	}
}
