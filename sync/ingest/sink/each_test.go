package sink_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/sink"
)

// listed is a sink that has nothing but names.
type listed struct {
	sink.Sink
	names []string
}

func (l listed) List(_ context.Context, _, after string, limit int) ([]string, error) {
	from, there := slices.BinarySearch(l.names, after)
	if there {
		from++
	}
	return slices.Clone(l.names[from:min(from+limit, len(l.names))]), nil
}

// TestEach: every name comes once, also where a list ends as full as it may be, and
// whatever is done to the names; an error ends it.
func TestEach(t *testing.T) {
	for _, n := range []int{0, 1, 999, 1000, 1001, 2000, 2500} {
		var s listed
		for i := range n {
			s.names = append(s.names, fmt.Sprintf("%06d", i))
		}
		var got []string
		err := sink.Each(t.Context(), s, "", func(names []string) error {
			got = append(got, names...)
			clear(names)
			return nil
		})
		if err != nil || !slices.Equal(got, s.names) {
			t.Errorf("%d names: got %d and error %v, want all of them once", n, len(got), err)
		}
		failed, visits := errors.New("enough"), 0
		err = sink.Each(t.Context(), s, "", func([]string) error { visits++; return failed })
		if n > 0 && (!errors.Is(err, failed) || visits != 1) {
			t.Errorf("%d names: got error %v after %d visits, want that of the first", n, err, visits)
		}
	}
}
