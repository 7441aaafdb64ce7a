package client

import (
	"context"
	"fmt"
	"net/http"
)

const createHelp = `Makes a stream. One that is there already is no mistake if it is of the same
configuration, unless a FILE was given, which is then not written: status 4.
FILE, or standard input for -, is what the stream holds at first; it is sent
whole, so large ones are better appended. Prints the offset at the end.

` + naming

// creating is what the flags of create say.
type creating struct {
	contentType, ttl, expiresAt string
	closed                      bool
}

func createCommand(f *flags) work {
	c := &creating{}
	f.text(&c.contentType, "content-type", "", "the media `TYPE` of the stream; when unset, the server's default")
	f.text(&c.ttl, "ttl", "", "let the stream expire `SECONDS` after its last use")
	f.text(&c.expiresAt, "expires-at", "", "let the stream expire at this `TIME`, such as 2030-01-31T12:00:00Z")
	f.toggle(&c.closed, "closed", "close it at once, so that it holds FILE and nothing else ever")
	return c.run
}

func (c *creating) run(ctx context.Context, s *session) error {
	url, err := s.stream(1)
	if err != nil {
		return err
	}
	r := request{method: http.MethodPut, url: url, header: c.header(), repeatable: true}
	files := s.files()
	if len(files) > 0 {
		if r.body, err = s.readWhole(ctx, files[0]); err != nil {
			return err
		}
	}
	a, err := s.server.ask(ctx, r)
	if err != nil {
		return err
	}
	created := a.status == http.StatusCreated
	// After a repetition, the first attempt may be the one that made it.
	if len(r.body) > 0 && !created && !a.repeated {
		return &refusal{status: http.StatusConflict, detail: fmt.Sprintf("the stream exists already: %s was not written", shownName(files[0]))}
	}
	told := resultOf(a.header)
	told.Created = &created
	return s.tell(told)
}

func (c *creating) header() http.Header {
	h := make(http.Header)
	set := func(name, value string) {
		if value != "" {
			h.Set(name, value)
		}
	}
	set(hContentType, c.contentType)
	set(hTTL, c.ttl)
	set(hExpiresAt, c.expiresAt)
	if c.closed {
		h.Set(hClosed, "true")
	}
	return h
}
