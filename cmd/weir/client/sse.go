package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/weirstreams/weir/cmd/weir/bench/frames"
)

// maxPending bounds the data that waits for its control event, in bytes.
const maxPending = 256 << 20

// listen reads one connection with events, and prints what they carry.
func (t *tail) listen(ctx context.Context) (closed bool, err error) {
	r := t.request("sse")
	r.header = http.Header{"Accept": {"text/event-stream"}}
	response, err := t.server.send(ctx, r)
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	if got := response.Header.Get(hContentType); mediaType(got) != "text/event-stream" {
		return false, fmt.Errorf("the answer is %q, want events: try --long-poll", oneLine(got))
	}
	e := events{
		base64:  response.Header.Get(hDataEncoding) == "base64",
		deliver: t.deliver,
	}
	return e.readAll(response.Body)
}

// deliver prints data that is known to end at an offset.
func (t *tail) deliver(data [][]byte, c control) error {
	for _, d := range data {
		if err := t.out.page(d, c.NextOffset); err != nil {
			return err
		}
	}
	t.offset = c.NextOffset
	t.cursor = cmp.Or(c.Cursor, t.cursor)
	return nil
}

// control is a control event.
type control struct {
	NextOffset string `json:"streamNextOffset"`
	Cursor     string `json:"streamCursor"`
	Closed     bool   `json:"streamClosed"`
}

// events reads the events of one connection. Data is kept until its control event
// has come: only then is it known where to go on, and a connection that is cut
// between the two would else make its data come twice.
type events struct {
	base64  bool // the data of binary streams is
	deliver func(data [][]byte, c control) error

	frames  frames.Parser
	pending [][]byte
	size    int // of pending
}

// readAll reads until the stream is closed, or the connection ends.
func (e *events) readAll(r io.Reader) (closed bool, err error) {
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		if closed, err := e.read(buf[:n]); closed || err != nil {
			return closed, err
		}
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// read takes a piece of the connection, cut anywhere.
func (e *events) read(piece []byte) (closed bool, err error) {
	for {
		event, rest, ok, err := e.frames.Next(piece)
		if err != nil {
			return false, fmt.Errorf("%w: try --long-poll", err)
		}
		if !ok {
			return false, nil
		}
		switch string(event.Type) {
		case "data":
			err = e.keep(event.Data)
		case "control":
			closed, err = e.flush(event.Data)
		}
		if closed || err != nil {
			return closed, err
		}
		piece = rest
	}
}

// keep decodes the data of an event, and keeps it.
func (e *events) keep(data []byte) error {
	if !e.base64 {
		data = bytes.Clone(data)
	} else {
		decoded := make([]byte, base64.StdEncoding.DecodedLen(len(data)))
		n, err := base64.StdEncoding.Decode(decoded, data)
		if err != nil {
			return errors.New("the server sent an event that is not the base64 that it promised")
		}
		data = decoded[:n]
	}
	e.size += len(data)
	if e.size > maxPending {
		return fmt.Errorf("the server sent over %d bytes of data without a control event", maxPending)
	}
	e.pending = append(e.pending, data)
	return nil
}

// flush delivers what was kept, now that its end is known.
func (e *events) flush(data []byte) (closed bool, err error) {
	var c control
	if err := json.Unmarshal(data, &c); err != nil || c.NextOffset == "" {
		return false, errors.New("the server sent a control event without an offset")
	}
	err = e.deliver(e.pending, c)
	e.pending, e.size = nil, 0
	return c.Closed && err == nil, err
}
