package wire

import (
	"bufio"
	"io"
	"strings"
)

// maxLine bounds one line of an event stream, in bytes.
const maxLine = 16 << 20

// Event is one server-sent event as the HTML standard dispatches it.
type Event struct {
	Type string // the event field; empty means "message"
	ID   string // the last event id seen so far
	Data string // data lines joined by line feeds
}

// Decoder splits a body into events and skips comments. Lines end with a line
// feed, which is all that this protocol allows a server to send.
type Decoder struct {
	lines *bufio.Scanner
	id    string
}

// NewDecoder returns a decoder that reads body.
func NewDecoder(body io.Reader) *Decoder {
	lines := bufio.NewScanner(body)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	return &Decoder{lines: lines}
}

// Next returns the next event. An event cut off by the end of the body is
// dropped, as a browser does, and io.EOF is returned.
func (d *Decoder) Next() (Event, error) {
	var event Event
	var data []string
	for d.lines.Scan() {
		line := d.lines.Text()
		if line == "" {
			if data == nil {
				event = Event{}
				continue
			}
			event.ID = d.id
			event.Data = strings.Join(data, "\n")
			return event, nil
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "event":
			event.Type = value
		case "data":
			data = append(data, value)
		case "id":
			d.id = value
		}
	}
	if err := d.lines.Err(); err != nil {
		return Event{}, err
	}
	return Event{}, io.EOF
}
