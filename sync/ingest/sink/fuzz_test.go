package sink_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/sink"
)

func FuzzHalf(f *testing.F) {
	for _, seed := range []string{
		"",
		`{"epoch":5,"entries":1},{"of":5,"pos":"1","note":"bg=="},`,
		`{"epoch":5,"entries":1},{"of":5},{"of":4},{"of":5,"moved":6},`,
		`{"epoch":5,"entries":2},{"of":5},`,
		`{"epoch":5,"entries":0},{"of":5`,
		`{"epoch":-1},`,
		`[1],"x",`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		epoch, entries, first, err := sink.ParseHalf(b)
		switch {
		case err != nil && !errors.Is(err, sink.ErrForeign):
			t.Fatalf("error: got %v, want ErrForeign", err)
		case err != nil:
			return
		case epoch <= 0 || first < 0 || first > entries:
			t.Fatalf("got epoch %d, %d of %d entries, want some that fit", epoch, first, entries)
		case entries >= int64(bytes.Count(b, []byte(","))):
			t.Fatalf("got %d entries out of %q, want fewer than it has commas", entries, b)
		}
	})
}
