package sink

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/weirstreams/weir/stream"
)

// pages reads the messages of a stream, each followed by a comma, page by page up
// to the tail. It belongs to one goroutine.
type pages struct {
	server *server
	ctx    context.Context
	name   string
	at     int64  // where the next page begins
	page   []byte // read and not yet taken
	ended  bool
}

// errNoStream says that there is nothing to read.
var errNoStream = errors.New("there is no such stream")

// Read implements io.Reader.
func (p *pages) Read(b []byte) (int, error) {
	for len(p.page) == 0 {
		if p.ended {
			return 0, io.EOF
		}
		if err := p.next(); err != nil {
			return 0, err
		}
	}
	n := copy(b, p.page)
	p.page = p.page[n:]
	return n, nil
}

// Close implements io.Closer.
func (p *pages) Close() error { return nil }

// next reads a page.
func (p *pages) next() error {
	rep, err := p.server.ask(p.ctx, &request{
		method: http.MethodGet, name: p.name, query: "?offset=" + stream.Offset(p.at).String(),
	})
	if err == nil {
		err = p.take(rep)
	}
	return wrap("read", p.name, err)
}

func (p *pages) take(rep *reply) error {
	switch rep.status {
	case http.StatusOK:
	case http.StatusNotFound:
		return errNoStream
	default:
		return rep.refusal()
	}
	to, err := rep.tail()
	if err != nil {
		return err
	}
	n := len(rep.body)
	if n < 2 || rep.body[0] != '[' || rep.body[n-1] != ']' {
		return errors.New("what it holds is no JSON")
	}
	if n > 2 {
		rep.body[n-1] = ','
		p.page = rep.body[1:]
	}
	p.ended = rep.header.Get("Stream-Up-To-Date") == "true"
	if to != p.at+int64(len(p.page)) || to == p.at && !p.ended {
		return errors.New("its offsets do not count its bytes, as those of a Weir server do")
	}
	p.at = to
	return nil
}
