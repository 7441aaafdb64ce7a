// Package frames reads server-sent events as their bytes arrive, in pieces of any
// size. Its Parser keeps nothing for a connection but the event that has not
// arrived whole, and hands out the others where they lie in what was read.
//
// Lines end with a line feed, which is all that the Durable Streams protocol lets
// a server send.
package frames

import (
	"bytes"
	"fmt"
)

// MaxEvent bounds one event, in bytes as they are sent.
const MaxEvent = 32 << 20

// kept is how much memory for parts of events a connection keeps once it has had
// a use for it, in bytes.
const kept = 1 << 10

// Event is one event.
type Event struct {
	// Type is the event's field of that name, empty without one.
	Type []byte
	// Data is its data lines, joined by line feeds.
	Data []byte
}

// Parser reads the events of one connection. Its zero value is ready.
type Parser struct {
	carry []byte // of an event whose end has not come; never begins with a line feed
}

// Next returns the first event that is complete with in, and what follows it in
// rest; ok is false when there is none and everything has been consumed. Comments
// and events without data are passed over, as a browser does. The event is valid
// until the next call, and as long as in is.
func (p *Parser) Next(in []byte) (e Event, rest []byte, ok bool, err error) {
	for {
		block, after, whole, err := p.cut(in)
		if err != nil || !whole {
			return Event{}, nil, false, err
		}
		if e, ok := parse(block); ok {
			return e, after, true, nil
		}
		in = after
	}
}

// cut returns the lines up to the first blank one.
func (p *Parser) cut(in []byte) (block, rest []byte, ok bool, err error) {
	if cap(p.carry) > kept && len(p.carry) == 0 {
		p.carry = nil
	}
	if len(p.carry) == 0 {
		in = bytes.TrimLeft(in, "\n")
	}
	end := p.blank(in)
	if end < 0 {
		if len(p.carry)+len(in) > MaxEvent {
			return nil, nil, false, fmt.Errorf("an event is over %d bytes", MaxEvent)
		}
		p.carry = append(p.carry, in...)
		return nil, nil, false, nil
	}
	block = in[:end]
	if len(p.carry) > 0 {
		p.carry = append(p.carry, block...)
		block, p.carry = p.carry, p.carry[:0]
	}
	return block, in[end+1:], true, nil
}

// blank returns where in in the line feed is that makes an empty line, or -1. The
// one before it may have come earlier.
func (p *Parser) blank(in []byte) int {
	if len(p.carry) > 0 && p.carry[len(p.carry)-1] == '\n' && len(in) > 0 && in[0] == '\n' {
		return 0
	}
	if i := bytes.Index(in, []byte("\n\n")); i >= 0 {
		return i + 1
	}
	return -1
}

// parse reads the lines of one event; ok is false when there is no data in them.
func parse(block []byte) (e Event, ok bool) {
	lines := 0
	for left := block; len(left) > 0; {
		line, rest, _ := bytes.Cut(left, []byte{'\n'})
		left = rest
		name, value, _ := bytes.Cut(line, []byte{':'})
		value = bytes.TrimPrefix(value, []byte{' '})
		switch string(name) {
		case "event":
			e.Type = value
		case "data":
			e.Data = join(e.Data, value, lines, len(block))
			lines++
		}
	}
	return e, lines > 0
}

// join adds a line to so many before it. One line alone is left where it lies;
// with the second they move to a buffer that holds them all, of at most room
// bytes.
func join(before, line []byte, lines, room int) []byte {
	switch lines {
	case 0:
		return line
	case 1:
		before = append(make([]byte, 0, room), before...)
	}
	return append(append(before, '\n'), line...)
}
