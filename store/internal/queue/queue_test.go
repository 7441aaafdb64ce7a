package queue_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/internal/queue"
)

// woken reports whether there is a wake-up, and takes it.
func woken[T any](q *queue.Queue[T]) bool {
	select {
	case <-q.Wake():
		return true
	default:
		return false
	}
}

func mustPush(t *testing.T, q *queue.Queue[int], all ...int) {
	t.Helper()
	for _, e := range all {
		if err := q.Push(e); err != nil {
			t.Fatalf("push %d: %v", e, err)
		}
	}
}

func wantTaken(t *testing.T, q *queue.Queue[int], spare []int, want ...int) (taken []int) {
	t.Helper()
	if taken = q.Take(spare); !slices.Equal(taken, want) {
		t.Fatalf("taken: got %v, want %v", taken, want)
	}
	return taken
}

func TestTakesAllInOrder(t *testing.T) {
	q := queue.New[int]()
	wantTaken(t, q, nil)
	mustPush(t, q, 1, 2, 3)
	wantTaken(t, q, nil, 1, 2, 3)
	wantTaken(t, q, nil)
}

// TestSpareIsUsed: the two slices that go back and forth are not written to while
// the other side has them, and their memory is used again.
func TestSpareIsUsed(t *testing.T) {
	q := queue.New[int]()
	mustPush(t, q, 1, 2, 3)
	first := wantTaken(t, q, make([]int, 5, 8), 1, 2, 3)
	mustPush(t, q, 4, 5)
	if want := []int{1, 2, 3}; !slices.Equal(first, want) {
		t.Errorf("taken before the push: got %v, want %v", first, want)
	}
	second := wantTaken(t, q, first, 4, 5)
	if cap(second) != 8 {
		t.Errorf("room of what was taken: got %d, want the spare's 8", cap(second))
	}
	if n := testing.AllocsPerRun(100, func() {
		q.Add(6)
		second = q.Take(second)
	}); n > 0 {
		t.Errorf("push and take with a spare: got %v allocations, want none", n)
	}
}

// TestWakesOnce: the first element behind a take wakes, those behind it do not,
// and nobody waits for the wake-up to be noticed.
func TestWakesOnce(t *testing.T) {
	q := queue.New[int]()
	if woken(q) {
		t.Error("a new queue has a wake-up")
	}
	mustPush(t, q, 1, 2)
	q.Add(3)
	if !woken(q) || woken(q) {
		t.Error("three elements: want one wake-up")
	}
	mustPush(t, q, 4)
	if woken(q) {
		t.Error("an element behind those that were not taken has a wake-up of its own")
	}
	wantTaken(t, q, nil, 1, 2, 3, 4)
	q.Add(5)
	wantTaken(t, q, nil, 5)
	q.Add(6)
	if !woken(q) {
		t.Error("an element that is not taken has no wake-up")
	}
	wantTaken(t, q, nil, 6)
}

// TestClose: nothing can be pushed any more, what follows from other work can be
// added, and all of it is taken.
func TestClose(t *testing.T) {
	q := queue.New[int]()
	mustPush(t, q, 1)
	for range 2 {
		q.Close()
	}
	if err := q.Push(2); !errors.Is(err, store.ErrClosed) {
		t.Errorf("push to a closed queue: got error %v, want %v", err, store.ErrClosed)
	}
	q.Add(3)
	wantTaken(t, q, nil, 1, 3)
	woken(q)
	q.Add(4)
	if !woken(q) {
		t.Error("an element added to a closed queue has no wake-up")
	}
	wantTaken(t, q, nil, 4)
}

// TestManyPush: each of many who push at once finds its elements taken, all of
// them, once, in its order, by one who sleeps until woken.
func TestManyPush(t *testing.T) {
	const pushers, each = 8, 2000
	type element struct{ pusher, i int }
	q := queue.New[element]()
	var pushing sync.WaitGroup
	for p := range pushers {
		pushing.Go(func() {
			for i := range each {
				if err := q.Push(element{p, i}); err != nil {
					t.Errorf("push: %v", err)
				}
			}
		})
	}
	var next [pushers]int
	var spare []element
	for taken := 0; taken < pushers*each; {
		<-q.Wake()
		all := q.Take(spare)
		for _, e := range all {
			if e.i != next[e.pusher] {
				t.Fatalf("element of pusher %d: got %d, want %d", e.pusher, e.i, next[e.pusher])
			}
			next[e.pusher]++
		}
		taken, spare = taken+len(all), all
	}
	pushing.Wait()
	if all := q.Take(nil); len(all) > 0 {
		t.Errorf("left when all was taken: got %v, want nothing", all)
	}
}
