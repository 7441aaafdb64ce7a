package httpapi

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"strings"
)

// An append is the most frequent request, and half of what the server could save
// on it went into net/http's header map: filling, copying, sorting and writing
// five fields costs more than the append. So on plain HTTP/1.1 the fields of its
// answer are put together as one piece of bytes, and the connection adds them
// below the status line that net/http writes. On any other connection the same
// bytes are taken apart into the header map. Nothing else knows of this.

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

// answerFields sends a final answer without a body, whose fields are lines of the
// form "Name: value\r\n" and nobody has set any before.
func answerFields(w http.ResponseWriter, r *http.Request, status int, lines []byte) {
	if c := connOf(r); c != nil {
		c.fields = append(c.fields[:0], lines...)
		w.WriteHeader(status)
		return
	}
	h := w.Header()
	// The copy keeps lines on the caller's stack.
	for line := range strings.SplitSeq(strings.TrimSuffix(string(lines), "\r\n"), "\r\n") {
		name, value, _ := strings.Cut(line, ": ")
		h.Add(name, value)
	}
	w.WriteHeader(status)
}

var crlf = []byte("\r\n")

// splice writes a response of which b is the beginning, with the fields that
// answerFields left. Every response is flushed before the next begins, so b
// begins with the status line; only a 100 Continue may come before.
func (c *conn) splice(b []byte) (int, error) {
	end := bytes.Index(b, crlf)
	if end < 0 || bytes.HasPrefix(b, continueLine) {
		return c.TCPConn.Write(b)
	}
	end += len(crlf)
	c.out = append(c.out[:0], b[:end]...)
	c.out = append(c.out, c.fields...)
	c.out = append(c.out, b[end:]...)
	c.fields = c.fields[:0]
	if _, err := c.TCPConn.Write(c.out); err != nil {
		return 0, err
	}
	return len(b), nil
}

var continueLine = []byte("HTTP/1.1 100 ")
