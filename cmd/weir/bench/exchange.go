package bench

import (
	"errors"
	"fmt"

	"github.com/weirstreams/weir/cmd/weir/bench/answer"
	"github.com/weirstreams/weir/cmd/weir/bench/netloop"
)

// exchange is a connection that carries one request at a time, and is made again
// when the server ends it.
type exchange struct {
	run     *run
	user    exchanger
	conn    *netloop.Conn
	answer  answer.Parser
	request []byte // as it was sent; its memory is used again for the next
	sample  []byte // of the body, when the answer is no success
	waiting bool   // for an answer
}

var _ netloop.Handler = (*exchange)(nil)

// exchanger uses an exchange. Its methods are called from run.wait.
type exchanger interface {
	// body takes bytes of the body of a successful answer.
	body(p []byte)
	// answered says that the answer is complete. good is whether it was a success:
	// if not it has been counted. The next request may be sent now.
	answered(now int64, good bool)
	// broken says that there will be no answer, which has been counted. The next
	// request may be sent now.
	broken()
}

// open connects.
func (x *exchange) open() {
	conn, err := x.run.loop.Dial(x.run.to.addr, x)
	if err != nil {
		x.run.fail(err)
		return
	}
	x.conn, x.answer = conn, answer.Parser{}
}

// send sends a request, which the exchange keeps until it is answered.
func (x *exchange) send(request []byte) {
	if x.run.err != nil {
		return
	}
	x.request, x.waiting = request, true
	if err := x.conn.Send(request); err != nil {
		x.run.fail(err)
	}
}

var (
	errUnasked    = errors.New("an answer came to no request")
	errUnanswered = errors.New("the server closed the connection before it answered")
)

// Received implements netloop.Handler.
func (x *exchange) Received(c *netloop.Conn, p []byte) {
	for x.conn == c {
		part, body, rest, err := x.answer.Next(p)
		switch {
		case err != nil:
			c.Close()
			x.Ended(c, fmt.Errorf("read an answer: %w", err))
			return
		case part == answer.More:
			return
		case !x.waiting:
			c.Close()
			x.run.faults.transport(errUnasked)
			x.open()
			return
		case part == answer.Body:
			x.take(body)
		case part == answer.End:
			x.complete(c)
		}
		p = rest
	}
}

// take hands on a part of a body, or keeps the beginning of one that says what is
// wrong.
func (x *exchange) take(body []byte) {
	if x.good() {
		x.user.body(body)
		return
	}
	room := maxSample - len(x.sample)
	x.sample = append(x.sample, body[:min(room, len(body))]...)
}

func (x *exchange) good() bool {
	status := x.answer.Head().Status
	return 200 <= status && status < 300
}

// complete ends an answer. The connection is made again first if the server will
// not take another request on it.
func (x *exchange) complete(c *netloop.Conn) {
	head := *x.answer.Head()
	good := x.good()
	if !good {
		x.run.faults.status(head.Status, x.sample)
	}
	x.waiting, x.sample = false, x.sample[:0]
	now := x.run.now()
	if head.Close {
		c.Close()
		x.open()
	}
	x.user.answered(now, good)
}

// Ended implements netloop.Handler.
func (x *exchange) Ended(c *netloop.Conn, err error) {
	part, cut := x.answer.EOF()
	switch {
	case !x.waiting:
		x.open() // the server has had enough of an idle connection
		return
	case err == nil && part == answer.End:
		x.complete(c)
		return
	case err == nil && cut != nil:
		err = cut
	case err == nil:
		err = errUnanswered
	}
	x.waiting, x.sample = false, x.sample[:0]
	x.run.faults.transport(err)
	x.open()
	x.user.broken()
}
