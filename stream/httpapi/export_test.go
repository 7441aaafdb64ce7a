package httpapi

import (
	"net/http"

	"github.com/weirstreams/weir/limits"
	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/stream"
)

// Query is what ParseQuery has read.
type Query struct {
	At           stream.Position
	Live, Cursor string
}

// ParseQuery is parseQuery.
func ParseQuery(r *http.Request) (Query, error) {
	q, err := parseQuery(r)
	return Query{q.at, q.live, q.cursor}, err
}

// Producer is producer.
func Producer(h http.Header) (*store.ProducerAppend, error) { return producer(h) }

// Lifetime is lifetime.
func Lifetime(h http.Header) (ttl int64, expiresAt string, err error) { return lifetime(h) }

// Fork is Handler.fork under the default base path.
func Fork(hd http.Header, names limits.Names) (*stream.ForkRequest, error) {
	return (&Handler{base: "/v1/stream/", opts: Options{Names: names}}).fork(hd)
}

// StatusOf is the status that an error is answered with; known is false for one
// that is the server's own fault.
func StatusOf(err error) (status int, known bool) {
	p, known := asProblem(err)
	return p.status, known
}

// RawProblem is what the connection writes in the place of b, nil when that is
// b itself.
func RawProblem(b []byte) []byte {
	p := rawProblem(b)
	if p == nil {
		return nil
	}
	return p.raw(&Handler{cors: newCrossOrigin([]string{"*"})})
}
