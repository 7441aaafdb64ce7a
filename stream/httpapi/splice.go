package httpapi

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"slices"
)

// On plain HTTP/1.1 net/http is told of an answer nothing but its status. It
// writes the status line and what it adds by itself, such as the date; the
// connection puts the fields below that, and the body behind them, and sends all
// of it in one piece. An answer with a body is for net/http one of 204, so that it
// adds neither a length nor a type. Nothing but an answer and its connection knows
// of this.

// splice is what a connection adds to the next answer that net/http writes.
type splice struct {
	// buf is one of buffers: headRoom, the fields, the empty line behind them, and
	// the body. nil when there is nothing to add.
	buf *[]byte
	ok  bool // the status is 200, whatever net/http says
}

type connKey struct{}

// ConnContext lets requests find their connection. It is for http.Server's field
// of the same name, together with Listener.
func (h *Handler) ConnContext(ctx context.Context, c net.Conn) context.Context {
	if c, ok := c.(*conn); ok {
		return context.WithValue(ctx, connKey{}, c)
	}
	return ctx
}

// connOf returns the connection of a request, nil when it is not one of ours.
func connOf(r *http.Request) *conn {
	c, ok := r.Context().Value(connKey{}).(*conn)
	if !ok || r.ProtoMajor != 1 {
		return nil
	}
	return c
}

var (
	crlf         = []byte("\r\n")
	continueLine = []byte("HTTP/1.1 100 ")
	statusOK     = []byte("200 OK")
)

const versionLen = len("HTTP/1.1 ")

// writeSpliced writes b, the header of an answer, and what is to be added. Every
// answer is flushed before the next begins, so b is a whole header; only a 100
// Continue may come before.
func (c *conn) writeSpliced(b []byte) (int, error) {
	head, whole := bytes.CutSuffix(b, crlf)
	if !whole || bytes.HasPrefix(b, continueLine) {
		return c.sock.Write(b)
	}
	s := c.splice
	c.splice = splice{}
	defer putBuffer(s.buf)
	if _, err := c.sock.Write(s.below(head)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// below returns what there is to add, below the header that net/http has written,
// which comes without its empty line.
func (s splice) below(head []byte) []byte {
	version, head := head[:versionLen], head[versionLen:]
	status, fields, _ := bytes.Cut(head, crlf)
	if s.ok {
		status = statusOK
	}
	b := *s.buf
	at := headRoom - len(version) - len(status) - len(crlf) - len(fields)
	if at < 0 {
		b, at = slices.Concat(make([]byte, -at), b), 0
	}
	top := append(append(b[:at], version...), status...)
	copy(b[len(top):], crlf)
	copy(b[len(top)+len(crlf):], fields)
	return b[at:]
}
