// Package duequeue orders streams by the instant at which somebody must look at
// them. Start with Queue.
package duequeue

import "container/heap"

// Item is what a Queue holds: embed a Slot and return it.
type Item interface {
	DueSlot() *Slot
}

// Slot is an item's place in its queue. The zero value is in no queue.
type Slot struct {
	due int64
	pos int // 1 + index in the heap; 0 when not queued
}

// Never takes an item out of the queue.
const Never = int64(1<<63 - 1)

// Queue is a priority queue of items by due time. The zero value is empty. It
// has no lock: the owner guards it, and the slots with it.
type Queue struct{ h items }

// Set queues the item for an instant, moves it when it is queued, or with Never
// takes it out.
func (q *Queue) Set(it Item, due int64) {
	s := it.DueSlot()
	switch {
	case due == Never && s.pos == 0:
	case due == Never:
		heap.Remove(&q.h, s.pos-1)
	case s.pos == 0:
		s.due = due
		heap.Push(&q.h, it)
	case s.due != due:
		s.due = due
		heap.Fix(&q.h, s.pos-1)
	}
}

// Due calls yield with each queued item that is due at or before the given
// instant, until yield returns false. The order is not sorted: a heap's upper
// part is visited, which costs only what is due.
func (q *Queue) Due(before int64, yield func(Item) bool) { q.visit(0, before, yield) }

func (q *Queue) visit(i int, before int64, yield func(Item) bool) bool {
	if i >= len(q.h) || q.h[i].DueSlot().due > before {
		return true
	}
	return yield(q.h[i]) && q.visit(2*i+1, before, yield) && q.visit(2*i+2, before, yield)
}

// items implements heap.Interface.
type items []Item

func (h items) Len() int           { return len(h) }
func (h items) Less(i, j int) bool { return h[i].DueSlot().due < h[j].DueSlot().due }

func (h items) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].DueSlot().pos, h[j].DueSlot().pos = i+1, j+1
}

func (h *items) Push(x any) {
	*h = append(*h, x.(Item))
	x.(Item).DueSlot().pos = len(*h)
}

func (h *items) Pop() any {
	last := len(*h) - 1
	it := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	it.DueSlot().pos = 0
	return it
}
