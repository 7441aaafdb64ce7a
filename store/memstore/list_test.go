package memstore_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/memstore"
)

// A listing is what sorting all names would give, however many there are.
func TestListIsTheSortedFront(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[abc/]{1,5}`), 0, 200, rapid.ID).Draw(t, "names")
		prefix := rapid.StringMatching(`[ab]{0,2}`).Draw(t, "prefix")
		after := rapid.StringMatching(`[abc]{0,3}`).Draw(t, "after")
		limit := rapid.IntRange(0, 20).Draw(t, "limit")
		s := memstore.New(nil)
		defer s.Close()
		var want []string
		for _, name := range names {
			h, _, err := s.Create(name, store.Config{TTL: store.NoTTL}, &store.Change{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			h.Release()
			if name > after && strings.HasPrefix(name, prefix) {
				want = append(want, name)
			}
		}
		slices.Sort(want)
		want = want[:min(limit, len(want))]
		if got, err := s.List(prefix, after, limit); err != nil || !slices.Equal(got, want) {
			t.Errorf("list %q after %q: got %q, %v, want %q", prefix, after, got, err, want)
		}
	})
}
