package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

const readHelp = `Prints what a stream holds, page by page, until it has caught up. Bytes are
printed exactly; of a JSON stream each message is a line. With --json each page is
a line, {"offset":"...","data":...}: offset is what to read from after it, and data
is an array for a JSON stream, a string for text, and otherwise a string with
"encoding":"base64".

` + naming

func readCommand(f *flags) work {
	var offset string
	f.text(&offset, "offset", "-1", "read from this `OFFSET`; -1 is the beginning")
	return func(ctx context.Context, s *session) error {
		url, err := s.stream(0)
		if err != nil {
			return err
		}
		return s.catchUp(ctx, url, offset)
	}
}

// catchUp prints what there is from an offset on.
func (s *session) catchUp(ctx context.Context, address, offset string) error {
	var shown Progress = unseen{}
	if !s.env.Screen { // where the line would be in the way of what is read
		shown = s.begin("reading")
	}
	defer shown.End()
	out := printer{w: s.env.Stdout, asJSON: s.json}
	for done := int64(0); ; {
		a, err := s.server.ask(ctx, request{
			method: http.MethodGet, url: address, repeatable: true,
			query: url.Values{"offset": {offset}},
		})
		if err != nil {
			return err
		}
		next, err := nextOffset(a.header)
		if err != nil {
			return err
		}
		out.contentType = a.header.Get(hContentType)
		if err := out.page(a.body, next); err != nil {
			return err
		}
		done += int64(len(a.body))
		shown.At(done, -1)
		if isTrue(a.header, hUpToDate) || isTrue(a.header, hClosed) {
			return nil
		}
		if next == offset {
			return fmt.Errorf("the server does not get beyond offset %s, and does not call it the end", oneLine(offset))
		}
		offset = next
	}
}

// nextOffset is what an answer says to go on from.
func nextOffset(h http.Header) (string, error) {
	next := h.Get(hNextOffset)
	if next == "" {
		return "", errors.New("the answer names no next offset: does --url lead to a Durable Streams server?")
	}
	return next, nil
}
