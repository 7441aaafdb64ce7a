package ledger

import (
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
)

// ID names an append: the writer, unique among all streams of a run and without
// a colon, and the number the writer gave it, which rises.
type ID struct {
	Writer string
	N      int
}

// Append is what is written at once. It consists of records, one a line or a
// JSON message.
type Append struct {
	ID
	Parts int // how many records, at least one
	Pad   int // how many bytes each is padded with
}

// record is one record as it is read back:
//
//	writer:number:part/parts:padding:checksum of all before the last colon
type record struct {
	id          ID
	part, parts int
}

func (a Append) record(part int) string {
	text := fmt.Sprintf("%s:%d:%d/%d:%s", a.Writer, a.N, part, a.Parts, strings.Repeat("x", a.Pad))
	return fmt.Sprintf("%s:%08x", text, crc32.ChecksumIEEE([]byte(text)))
}

func parseRecord(s string) (record, error) {
	text, sum, _ := cutLast(s, ":")
	if got := fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(text))); got != sum {
		return record{}, fmt.Errorf("record %.100q: got checksum %.20q, want %s", s, sum, got)
	}
	fields := strings.Split(text, ":")
	if len(fields) != 4 {
		return record{}, fmt.Errorf("record %.100q: got %d fields, want 4", s, len(fields))
	}
	part, parts, _ := strings.Cut(fields[2], "/")
	r := record{id: ID{Writer: fields[0]}}
	for _, f := range []struct {
		to   *int
		text string
	}{{&r.id.N, fields[1]}, {&r.part, part}, {&r.parts, parts}} {
		n, err := strconv.Atoi(f.text)
		if err != nil {
			return record{}, fmt.Errorf("record %.100q: %w", s, err)
		}
		*f.to = n
	}
	return r, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
