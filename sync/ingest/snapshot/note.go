package snapshot

import (
	"fmt"
	"strconv"
	"strings"
)

// A note is kept by each stream, with its last append: the copies that are under way
// in it, and the last chunk that it has of each. Its text is
//
//	c1 <table oid>.<epoch>.<chunk> ...
//
// in decimal, and empty when there are none. Chunks count from 1; 0 says that the
// copy has been announced in the stream.
type note []entry

type entry struct {
	table uint32
	epoch int64
	chunk int64
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
	chunk, err3 := strconv.ParseUint(parts[2], 10, 63)
	return entry{uint32(table), int64(epoch), int64(chunk)}, err1 == nil && err2 == nil && err3 == nil
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
		if e.table == table && e.epoch == epoch {
			return e.chunk, true
		}
	}
	return 0, false
}

// runs tells whether a copy of an epoch is under way, of whichever table.
func (n note) runs(epoch int64) bool {
	for _, e := range n {
		if e.epoch == epoch {
			return true
		}
	}
	return false
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
