package duequeue_test

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/store/internal/duequeue"
)

type item struct {
	name int
	slot duequeue.Slot
}

func (i *item) DueSlot() *duequeue.Slot { return &i.slot }

// TestModel compares a queue with a map from item to due time.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q duequeue.Queue
		items := make([]*item, 20)
		for i := range items {
			items[i] = &item{name: i}
		}
		want := map[int]int64{}
		due := rapid.OneOf(rapid.Int64Range(-3, 20), rapid.Just(int64(duequeue.Never)), rapid.Just(int64(duequeue.Never-1)))
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				it, at := rapid.SampledFrom(items).Draw(t, "item"), due.Draw(t, "due")
				q.Set(it, at)
				if want[it.name] = at; at == duequeue.Never {
					delete(want, it.name)
				}
			},
			"": func(t *rapid.T) {
				for _, before := range []int64{-4, 0, 7, 20, duequeue.Never - 1, duequeue.Never} {
					checkDue(t, &q, want, before)
				}
			},
		})
	})
}

func checkDue(t *rapid.T, q *duequeue.Queue, all map[int]int64, before int64) {
	var got []int
	q.Due(before, func(it duequeue.Item) bool {
		got = append(got, it.(*item).name)
		return true
	})
	slices.Sort(got)
	want := maps.Clone(all)
	maps.DeleteFunc(want, func(_ int, due int64) bool { return due > before })
	if names := slices.Sorted(maps.Keys(want)); !slices.Equal(got, names) {
		t.Fatalf("due at %d: got %v, want %v", before, got, names)
	}
}

// TestDueStops: an answer of false ends the visit.
func TestDueStops(t *testing.T) {
	var q duequeue.Queue
	for range 15 {
		q.Set(&item{}, 1)
	}
	for limit := 1; limit < 15; limit++ {
		calls := 0
		q.Due(1, func(duequeue.Item) bool { calls++; return calls < limit })
		if calls != limit {
			t.Errorf("calls with a limit of %d: got %d", limit, calls)
		}
	}
}

// TestDueCost: what is not due is not visited, however much there is.
func TestDueCost(t *testing.T) {
	var q duequeue.Queue
	for i := range 1000 {
		q.Set(&item{}, int64(i))
	}
	visited := 0
	q.Due(2, func(duequeue.Item) bool { visited++; return true })
	if visited != 3 {
		t.Errorf("visited when three are due: got %d, want 3", visited)
	}
}
