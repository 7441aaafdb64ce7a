package acidstore_test

import (
	"context"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store/acidstore"
)

// A file is not used when it is not what was put into it.
func TestNewFilesAreVerified(t *testing.T) {
	type adder = func(bucket, key, value []byte) error
	names, key := []byte("names"), []byte("a stream")
	good := func() []byte { return acidstore.Sealed(names, key, []byte("12345678")) }
	for _, c := range []struct {
		name string
		put  func(add adder) error
		want string // "" for none
	}{
		{"good", func(add adder) error { return add(names, key, good()) }, ""},
		{"lost", func(add adder) error {
			if err := add(names, key, good()); err != nil {
				return err
			}
			return add(names, key, good())
		}, "names: got 1 entries of 12 bytes, want 2 of 24"},
		{"changed", func(add adder) error {
			v := good()
			err := add(names, key, v)
			v[7]++
			return err
		}, "names: checksum does not match"},
		{"under another key", func(add adder) error { return add(names, []byte("another"), good()) }, "names: checksum does not match"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := acidstore.Build(t.Context(), t.TempDir(), c.put)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), "verify acid/building/000.db: "+c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	t.Run("ended", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := acidstore.Build(ctx, t.TempDir(), func(adder) error { return nil }); err == nil {
			t.Error("got no error, want that of the context")
		}
	})
}
