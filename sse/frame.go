package sse

import (
	"encoding/base64"
	"slices"
)

// Encoding says how the payload of a data event is written.
type Encoding int

const (
	// Text writes the payload line by line. Every kind of line break arrives as
	// LF, and each maximal run of bytes that no UTF-8 text can hold as U+FFFD;
	// a browser would read such bytes the same way, and the frame stays text
	// for readers that are stricter. A character may be cut by the border of
	// two pieces, but not by the end of the payload.
	Text Encoding = iota
	// JSON takes messages that are each followed by a comma (`1,{"a":2},`) and
	// writes them as one array. The messages must have been checked before:
	// what is no JSON goes in and comes out as such, though still as one event.
	JSON
	// Base64 writes the payload in the padded standard alphabet on one line.
	Base64
)

// frameOverhead is room for the lines of an event that are not payload.
const frameOverhead = 64

// Control is what a control event tells the reader about its position.
type Control struct {
	// Next is the offset to resume from. It is sent as it is, in the id line
	// and within JSON, so it must consist of digits and underscores.
	Next string
	// Cursor is the digits that a reader hands back when it reconnects. It is
	// not sent once the stream is closed, as there is nothing to come back for.
	Cursor string
	// UpToDate says that the reader has everything up to the tail.
	UpToDate bool
	// Closed says that the reader has everything there will ever be. It implies
	// UpToDate.
	Closed bool
}

// AppendEvent appends one data event to dst and returns the extended slice. id
// is the offset to resume from after this event and obeys the rules of
// Control.Next. The payload may come in pieces cut anywhere, which are neither
// joined nor kept; an empty payload yields an event with empty data (JSON: []).
//
// Only growing dst allocates.
func AppendEvent(dst []byte, e Encoding, id string, payload ...[]byte) []byte {
	dst = slices.Grow(dst, frameOverhead+len(id)+encodedLen(e, payload))
	dst = appendHead(dst, id, "data")
	switch e {
	case JSON:
		dst = appendArray(dst, payload)
	case Base64:
		dst = appendBase64(dst, payload)
	default:
		dst = appendText(dst, payload)
	}
	return append(dst, '\n')
}

// AppendControl appends one control event to dst and returns the extended
// slice. Its data is one line of flat JSON, so a reader may look for the first
// closing brace.
func AppendControl(dst []byte, c Control) []byte {
	dst = appendHead(dst, c.Next, "control")
	dst = append(dst, `data:{"streamNextOffset":"`...)
	dst = append(dst, c.Next...)
	dst = append(dst, '"')
	if !c.Closed {
		dst = append(dst, `,"streamCursor":"`...)
		dst = append(dst, c.Cursor...)
		dst = append(dst, '"')
	}
	if c.UpToDate || c.Closed {
		dst = append(dst, `,"upToDate":true`...)
	}
	if c.Closed {
		dst = append(dst, `,"streamClosed":true`...)
	}
	return append(dst, "}\n\n"...)
}

// AppendComment appends an empty comment to dst and returns the extended slice.
// Readers ignore it; it keeps proxies from taking a quiet connection for a dead
// one.
func AppendComment(dst []byte) []byte {
	return append(dst, ":\n\n"...)
}

// appendHead puts the id first, because readers of the wire expect the data of
// a control event right after its event line.
func appendHead(dst []byte, id, event string) []byte {
	dst = append(dst, "id: "...)
	dst = append(dst, id...)
	dst = append(dst, "\nevent: "...)
	dst = append(dst, event...)
	return append(dst, '\n')
}

// encodedLen is the length of the payload's lines as long as it has one line;
// each further line costs a few bytes more, which append finds room for.
func encodedLen(e Encoding, payload [][]byte) int {
	n := 0
	for _, p := range payload {
		n += len(p)
	}
	if e == Base64 {
		return base64.StdEncoding.EncodedLen(n)
	}
	return n
}
