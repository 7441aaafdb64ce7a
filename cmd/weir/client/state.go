package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
)

const (
	headHelp = `Prints the offset at the end of a stream, its content type, whether it is
closed, and when it expires.

` + naming
	closeHelp = `Closes a stream. What it holds stays, and readers learn that this is all. To
close it again is no mistake. Prints the offset at the end.

` + naming
	deleteHelp = `Deletes a stream, without asking again. Prints nothing.

` + naming
)

func headCommand(*flags) work {
	return func(ctx context.Context, s *session) error {
		url, err := s.stream(0)
		if err != nil {
			return err
		}
		h, err := s.head(ctx, url)
		if err != nil {
			return err
		}
		told := resultOf(h)
		if s.json {
			return s.tellJSON(told)
		}
		return s.print(told.table())
	}
}

// head asks what is known of a stream.
func (s *session) head(ctx context.Context, url string) (http.Header, error) {
	a, err := s.server.ask(ctx, request{method: http.MethodHead, url: url, repeatable: true})
	if r := (*refusal)(nil); errors.As(err, &r) && r.status == http.StatusNotFound {
		r.detail = "there is no such stream" // answers to HEAD have no body that says so
	}
	return a.header, err
}

// table is what is known of a stream, for people.
func (r result) table() []byte {
	var b bytes.Buffer
	row := func(name, value string) { fmt.Fprintf(&b, "%-14s%s\n", name, oneLine(value)) }
	row("offset", r.Offset)
	row("content type", r.ContentType)
	row("closed", map[bool]string{true: "yes", false: "no"}[r.Closed])
	if r.TTLSecs != nil {
		row("ttl", fmt.Sprintf("%d s", *r.TTLSecs))
	}
	if r.ExpiresAt != "" {
		row("expires at", r.ExpiresAt)
	}
	return b.Bytes()
}

func closeCommand(*flags) work {
	return func(ctx context.Context, s *session) error {
		url, err := s.stream(0)
		if err != nil {
			return err
		}
		a, err := s.server.ask(ctx, request{
			method: http.MethodPost, url: url, repeatable: true,
			header: http.Header{hClosed: {"true"}},
		})
		if err != nil {
			return err
		}
		return s.tell(resultOf(a.header))
	}
}

func deleteCommand(*flags) work {
	return func(ctx context.Context, s *session) error {
		url, err := s.stream(0)
		if err != nil {
			return err
		}
		a, err := s.server.ask(ctx, request{method: http.MethodDelete, url: url, repeatable: true})
		// A first attempt whose answer was lost may be the one that deleted it.
		if err != nil && !(a.repeated && a.status == http.StatusNotFound) {
			return err
		}
		if s.json {
			return s.tellJSON(map[string]bool{"deleted": true})
		}
		return nil
	}
}
