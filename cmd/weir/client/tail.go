package client

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"
)

const tailHelp = `Prints what is appended to a stream, as read prints it, until the stream is
closed: status 0. When the connection ends, tail comes back by itself, and goes on
behind the last byte that it printed; it gives up after so many failures in a row
as --retries says, which by default takes about a minute. Ctrl-C ends it with
status 130.

Of text, SSE carries every line break as a line feed, and no bytes that are not
UTF-8: --long-poll prints the bytes as they are.

` + naming

// shortLife is how long a connection without news has to last to count as one that
// went well.
const shortLife = time.Second

func tailCommand(f *flags) work {
	var offset string
	var sse, longPoll bool
	f.text(&offset, "offset", "now", "read from this `OFFSET` on; now is the end, -1 the beginning")
	f.toggle(&sse, "sse", "read over one connection, by Server-Sent Events; the default")
	f.toggle(&longPoll, "long-poll", "ask again for each piece, where events do not get through")
	f.count(&f.general.retries, "retries", 20, "come back so often in a row without success; a `NUMBER`")
	return func(ctx context.Context, s *session) error {
		if sse && longPoll {
			return misused("--sse and --long-poll exclude each other")
		}
		address, err := s.stream(0)
		if err != nil {
			return err
		}
		t, err := s.newTail(ctx, address, offset)
		if err != nil {
			return err
		}
		if longPoll {
			return t.follow(ctx, t.poll)
		}
		return t.follow(ctx, t.listen)
	}
}

// tail is a stream that is followed.
type tail struct {
	server *server
	url    string
	out    printer
	offset string // behind the last byte that was printed
	cursor string // to hand back, see section 8.1 of the protocol
}

// newTail asks for the content type, which events do not carry. It settles on the
// offset of "now": a connection that broke before the first event would else come
// back to a later one.
func (s *session) newTail(ctx context.Context, address, offset string) (*tail, error) {
	h, err := s.head(ctx, address)
	if err != nil {
		return nil, err
	}
	if offset == "now" {
		if offset, err = nextOffset(h); err != nil {
			return nil, err
		}
	}
	return &tail{
		server: s.server,
		url:    address,
		out:    printer{w: s.env.Stdout, asJSON: s.json, contentType: h.Get(hContentType)},
		offset: offset,
	}, nil
}

var errShort = &lostError{errors.New("it ends the connection at once")}

// follow reads, connection by connection, until the stream is closed.
func (t *tail) follow(ctx context.Context, once func(context.Context) (closed bool, err error)) error {
	tries := t.server.newTries()
	for {
		began, from := time.Now(), t.offset
		closed, err := once(ctx)
		if closed || err != nil && !passing(err) {
			return err
		}
		if t.offset != from {
			tries.progress()
		}
		if err == nil && (t.offset != from || time.Since(began) >= shortLife) {
			tries.progress()
			continue
		}
		if err == nil {
			err = errShort
		}
		if err := tries.again(ctx, err); err != nil {
			return err
		}
	}
}

// request is a live read from where the tail has got to.
func (t *tail) request(live string) request {
	query := url.Values{"offset": {t.offset}, "live": {live}}
	if t.cursor != "" {
		query.Set("cursor", t.cursor)
	}
	return request{method: http.MethodGet, url: t.url, query: query, live: true}
}
