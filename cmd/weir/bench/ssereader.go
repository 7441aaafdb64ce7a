package bench

import (
	"bytes"
	"fmt"

	"github.com/weirstreams/weir/cmd/weir/bench/answer"
	"github.com/weirstreams/weir/cmd/weir/bench/frames"
	"github.com/weirstreams/weir/cmd/weir/bench/netloop"
)

// sseReader is a subscriber: one connection, on which an answer without end comes.
// When the server ends it, as servers do now and then, the reader comes back at
// the offset that it had reached.
type sseReader struct {
	*member
	crowd  *crowd
	conn   *netloop.Conn
	answer answer.Parser
	frames frames.Parser
	offset []byte
	live   bool // has been answered once
}

var _ netloop.Handler = (*sseReader)(nil)

// newSSEReader opens a subscription to the stream from its beginning.
func newSSEReader(c *crowd, m *member) {
	r := &sseReader{member: m, crowd: c, offset: []byte("-1")}
	r.open()
}

func (r *sseReader) open() {
	run := r.crowd.run
	conn, err := run.loop.Dial(run.to.addr, r)
	if err != nil {
		run.fail(err)
		return
	}
	r.conn, r.answer, r.frames = conn, answer.Parser{}, frames.Parser{}
	if err := conn.Send(run.to.appendGet(nil, r.stream, "?live=sse&", r.offset)); err != nil {
		run.fail(err)
	}
}

// Received implements netloop.Handler.
func (r *sseReader) Received(c *netloop.Conn, p []byte) {
	for {
		part, body, rest, err := r.answer.Next(p)
		if err == nil {
			switch part {
			case answer.More:
				return
			case answer.Header:
				r.begin()
			case answer.Body:
				err = r.read(body)
			case answer.End:
				c.Close()
				r.again()
				return
			}
		}
		if err != nil {
			c.Close()
			r.Ended(c, fmt.Errorf("read events: %w", err))
			return
		}
		p = rest
	}
}

// begin takes the header of the answer.
func (r *sseReader) begin() {
	if status := r.answer.Head().Status; status != 200 {
		r.crowd.run.fail(fmt.Errorf("a subscriber was refused with status %d", status))
		return
	}
	if !r.live {
		r.live = true
		r.crowd.live++
	}
}

// read takes a part of the body.
func (r *sseReader) read(p []byte) error {
	for {
		event, rest, ok, err := r.frames.Next(p)
		if err != nil || !ok {
			return err
		}
		switch string(event.Type) {
		case "data":
			r.take(event.Data)
		case "control":
			r.reach(event.Data)
		}
		p = rest
	}
}

// reach keeps the offset that a control event names.
func (r *sseReader) reach(control []byte) {
	_, after, ok := bytes.Cut(control, []byte(`"streamNextOffset":"`))
	if !ok {
		return
	}
	if offset, _, ok := bytes.Cut(after, []byte{'"'}); ok {
		r.offset = append(r.offset[:0], offset...)
	}
}

// Ended implements netloop.Handler.
func (r *sseReader) Ended(_ *netloop.Conn, err error) {
	part, cut := r.answer.EOF()
	switch {
	case err != nil:
		r.crowd.run.faults.transport(err)
	case cut != nil:
		r.crowd.run.faults.transport(fmt.Errorf("a subscriber's answer is cut off: %w", cut))
	case part != answer.End:
		r.crowd.run.faults.transport(errUnanswered)
	}
	r.again()
}

// again comes back after an answer has ended.
func (r *sseReader) again() {
	r.crowd.reconnects++
	r.open()
}
