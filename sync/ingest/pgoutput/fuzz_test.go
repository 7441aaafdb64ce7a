package pgoutput_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/pgoutput/pgouttest"
)

// FuzzDecode gives one decoder two messages, the second to find what the first
// one left behind. Whatever is taken must come back byte for byte.
func FuzzDecode(f *testing.F) {
	for i, test := range messages {
		f.Add([]byte(test.raw), []byte(messages[(i+1)%len(messages)].raw))
	}
	f.Add([]byte("I\x00\x00\x40\x01N\xff\xffn"), []byte("S\x00\x00\x00\x01\x01"))
	f.Add([]byte("R\x00\x00\x40\x01s\x00t\x00d\x00\x00"), []byte("I\x00\x00\x40\x01N\x00\x00"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		d := prepared(t)
		checkDecode(t, d, first)
		checkDecode(t, d, second)
	})
}

func checkDecode(t *testing.T, d *pgoutput.Decoder, raw []byte) {
	t.Helper()
	m, err := d.Decode(raw)
	if err != nil {
		if m != nil || !known(err) {
			t.Errorf("decode %q: got %v, %v, want no message and one of the package's errors", raw, m, err)
		}
		return
	}
	// A catalogue that is spelt out reads the same as one that is left out.
	if bytes.Contains(raw, []byte("pg_catalog\x00")) {
		return
	}
	if again := pgouttest.Encode(m); !bytes.Equal(again, raw) {
		t.Errorf("encoded again: got %q, want %q", again, raw)
	}
}

func known(err error) bool {
	for _, sentinel := range []error{
		pgoutput.ErrMalformed, pgoutput.ErrVersion, pgoutput.ErrUnknownRelation, pgoutput.ErrManyRelations,
	} {
		if errors.Is(err, sentinel) {
			return true
		}
	}
	_, shape := errors.AsType[*pgoutput.ShapeError](err)
	return shape
}
