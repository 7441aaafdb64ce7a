package store_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store"
)

type closer struct{ closed int }

func (c *closer) Close() error { c.closed++; return nil }

func TestPieces(t *testing.T) {
	var c closer
	pieces := []store.Piece{
		{File: &store.Section{R: strings.NewReader("from a file, and more"), N: 11, C: &c}},
		{Mem: []byte("from memory")},
		{},
	}
	for i, want := range []string{"from a file", "from memory", ""} {
		if got := pieces[i].Len(); got != int64(len(want)) {
			t.Errorf("length of piece %d: got %d, want %d", i, got, len(want))
		}
		if got, err := pieces[i].Bytes(); err != nil || string(got) != want {
			t.Errorf("piece %d: got %q and error %v, want %q", i, got, err, want)
		}
	}
	store.ClosePieces(pieces)
	if c.closed != 1 {
		t.Errorf("closings of the file: got %d, want 1", c.closed)
	}
}

func TestPieceCutShort(t *testing.T) {
	p := store.Piece{File: &store.Section{R: strings.NewReader("short"), N: 10}}
	if got, err := p.Bytes(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("piece of a file that is too short: got %q and error %v, want %v", got, err, io.ErrUnexpectedEOF)
	}
}

func TestCorruptionError(t *testing.T) {
	err := &store.CorruptionError{File: "file/data/01/x", Stream: "a b", Offset: 7, Reason: "the checksum does not match"}
	if got, want := err.Error(), `file/data/01/x is damaged at byte 7: the checksum does not match (stream "a b")`; got != want {
		t.Errorf("message: got %q, want %q", got, want)
	}
}
