package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// entry is one file in a list.
type entry struct {
	name string
	sum  [sha256.Size]byte
}

// maxListBytes is the length of the longest list.
const maxListBytes = listFiles * (2*sha256.Size + 2 + maxNameBytes + 1)

func listName(i int) string { return fmt.Sprintf("%s/%06d.sha256", sumsDir, i+1) }

// encodeList returns the lines of a list.
func encodeList(entries []entry) []byte {
	var b []byte
	for _, e := range entries {
		b = hex.AppendEncode(b, e.sum[:])
		b = append(b, "  "...)
		b = append(append(b, e.name...), '\n')
	}
	return b
}

// decodeList reads a list. It accepts exactly what encodeList makes of valid names.
func decodeList(b []byte) ([]entry, error) {
	var entries []entry
	for line := range bytes.Lines(b) {
		e, ok := decodeEntry(line)
		if !ok || len(entries) == listFiles {
			return nil, fmt.Errorf("line %d is no checksum of a file", len(entries)+1)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func decodeEntry(line []byte) (e entry, ok bool) {
	digits, name, found := bytes.Cut(line, []byte("  "))
	name, ended := bytes.CutSuffix(name, []byte("\n"))
	if !found || !ended || len(digits) != 2*sha256.Size || !validName(string(name)) {
		return e, false
	}
	if bytes.ContainsAny(digits, "ABCDEF") {
		return e, false
	}
	_, err := hex.Decode(e.sum[:], digits)
	e.name = string(name)
	return e, err == nil
}

// tally gathers what a manifest says of files, in the order of the archive.
type tally struct {
	m       Manifest
	pending []entry // not in a list yet
	bytes   int64   // of these
}

// add counts a file.
func (t *tally) add(e entry, size int64) {
	t.pending = append(t.pending, e)
	t.bytes += size
	t.m.Files++
	t.m.Bytes += size
}

// list ends the present list and returns it, with its bytes.
func (t *tally) list() (List, []byte) {
	b := encodeList(t.pending)
	l := List{Name: listName(len(t.m.Lists)), Files: int64(len(t.pending)), Bytes: t.bytes, SHA256: hexSum(b)}
	t.m.Lists = append(t.m.Lists, l)
	t.pending, t.bytes = t.pending[:0], 0
	return l, b
}
