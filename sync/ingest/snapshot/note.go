package snapshot

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A note is kept by each stream, with its last append: the copies that are under way
// in it, and the last chunk that it has of each. Its text is
//
//	c1 <table oid>.<epoch>.<chunk> ...
//
// in decimal, and empty when there are none. Chunks count from 1; 0 says that the
// copy has been announced in the stream. In place of the chunk, -1, -2 and so on count
// the steps by which the stream was emptied so far, before it is told of the copy.
type note []entry

type entry struct {
	table uint32
	epoch int64
	chunk int64 // negative: a step
}

const noteVersion = "c1"

func parseNote(text string) (note, error) {
	if text == "" {
		return nil, nil
	}
	fields := strings.Split(text, " ")
	if fields[0] != noteVersion {
		return nil, fmt.Errorf("note of a stream %.60q: want one that begins with %s", text, noteVersion)
	}
	var n note
	for _, f := range fields[1:] {
		e, ok := parseEntry(f)
		if !ok {
			return nil, fmt.Errorf("note of a stream %.60q: %.60q is no table.epoch.chunk", text, f)
		}
		n = append(n, e)
	}
	return n, nil
}

func parseEntry(text string) (e entry, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return entry{}, false
	}
	table, err1 := strconv.ParseUint(parts[0], 10, 32)
	epoch, err2 := strconv.ParseUint(parts[1], 10, 63)
	number, isStep := strings.CutPrefix(parts[2], "-")
	n, err3 := strconv.ParseUint(number, 10, 63)
	chunk := int64(n)
	if isStep {
		chunk = -chunk
	}
	ok = err1 == nil && err2 == nil && err3 == nil && isStep == (chunk < 0)
	return entry{uint32(table), int64(epoch), chunk}, ok
}

func (n note) String() string {
	if len(n) == 0 {
		return ""
	}
	text := []byte(noteVersion)
	for _, e := range n {
		text = fmt.Appendf(text, " %d.%d.%d", e.table, e.epoch, e.chunk)
	}
	return string(text)
}

// last returns the last chunk of a copy, false if the copy is not under way.
func (n note) last(table uint32, epoch int64) (chunk int64, ok bool) {
	for _, e := range n {
		if e.table == table && e.epoch == epoch && e.chunk >= 0 {
			return e.chunk, true
		}
	}
	return 0, false
}

// runs tells whether a copy of an epoch is under way, of whichever table.
func (n note) runs(epoch int64) bool {
	return slices.ContainsFunc(n, func(e entry) bool { return e.epoch == epoch && e.chunk >= 0 })
}

// quiet tells whether no copy is under way.
func (n note) quiet() bool {
	return !slices.ContainsFunc(n, func(e entry) bool { return e.chunk >= 0 })
}

// withStep returns the note with the next step by which the stream is emptied for a
// copy. One that is under way stays until the stream is told of the new one.
func (n note) withStep(j job) note {
	step := entry{j.table, j.epoch, -1}
	var left note
	for _, e := range n {
		switch {
		case e.table != j.table || e.chunk >= 0:
			left = append(left, e)
		case e.epoch == j.epoch:
			step.chunk = e.chunk - 1
		}
	}
	return append(left, step)
}

// with returns the note with one table's entry replaced or added.
func (n note) with(e entry) note { return append(n.without(e.table), e) }

// without returns the note without a table.
func (n note) without(table uint32) note {
	var left note
	for _, e := range n {
		if e.table != table {
			left = append(left, e)
		}
	}
	return left
}
