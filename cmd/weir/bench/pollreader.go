package bench

// pollReader is a subscriber by long-poll: one connection, on which one request
// waits until there is something, or for as long as the server thinks fit.
type pollReader struct {
	exchange
	member *member
	crowd  *crowd
	offset []byte
	failed int // requests in a row
}

// maxFailed is after how many failed requests in a row a reader gives up: a server
// that refuses at once would otherwise be asked without end.
const maxFailed = 10

var _ exchanger = (*pollReader)(nil)

// newPollReader begins to read the stream from its beginning.
func newPollReader(c *crowd, m *member) {
	r := &pollReader{member: m, crowd: c, offset: []byte("-1")}
	r.exchange = exchange{run: c.run, user: r}
	r.open()
	r.ask()
	// Readers name the offset from which they read, so none can miss a message by
	// coming late.
	c.live++
}

func (r *pollReader) ask() {
	r.send(r.run.to.appendGet(r.request[:0], r.member.stream, "?live=long-poll&", r.offset))
}

func (r *pollReader) body(p []byte) { r.member.take(p) }

func (r *pollReader) answered(_ int64, good bool) {
	r.crowd.polls++
	if !good {
		r.broken()
		return
	}
	r.failed = 0
	if next := r.answer.NextOffset(); len(next) > 0 {
		r.offset = append(r.offset[:0], next...)
	}
	r.ask()
}

func (r *pollReader) broken() {
	if r.failed++; r.failed < maxFailed {
		r.ask()
	}
}
