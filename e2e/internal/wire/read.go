package wire

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// Content is what a stream held from some offset to its tail.
type Content struct {
	Bytes  []byte
	Pages  int
	Offset string // the tail
	Closed bool
}

// ReadAll reads the stream from offset to the tail, page by page.
func (c *Client) ReadAll(ctx context.Context, stream, offset string) (Content, error) {
	var all Content
	err := c.Pages(ctx, stream, offset, func(page Response) error {
		all.Bytes = append(all.Bytes, page.Body...)
		all.add(page)
		return nil
	})
	return all, err
}

// ReadMessages reads a JSON stream from offset to the tail and returns its
// messages as they stand in the pages, byte for byte.
func (c *Client) ReadMessages(ctx context.Context, stream, offset string) ([]json.RawMessage, Content, error) {
	var all Content
	var messages []json.RawMessage
	err := c.Pages(ctx, stream, offset, func(page Response) error {
		var part []json.RawMessage
		if err := json.Unmarshal(page.Body, &part); err != nil {
			return fmt.Errorf("page %d of %s is no JSON array: %w", all.Pages, stream, err)
		}
		messages = append(messages, part...)
		all.add(page)
		return nil
	})
	return messages, all, err
}

func (c *Content) add(page Response) {
	c.Pages++
	c.Offset = page.Offset()
	c.Closed = page.Closed()
}

// Pages calls visit with each page of the stream from offset to the tail, in
// order. An error of visit ends it.
func (c *Client) Pages(ctx context.Context, stream, offset string, visit func(Response) error) error {
	for {
		page, err := c.Do(ctx, Request{Method: http.MethodGet, Stream: stream + "?offset=" + url.QueryEscape(offset)})
		if err != nil {
			return err
		}
		if page.Status != http.StatusOK {
			return &StatusError{Asked: "read " + stream + " at " + offset, Status: page.Status, Body: page.Body}
		}
		if err := visit(page); err != nil {
			return err
		}
		if page.UpToDate() {
			return nil
		}
		if page.Offset() <= offset {
			return fmt.Errorf("read %s at %s: page without progress: next offset %q", stream, offset, page.Offset())
		}
		offset = page.Offset()
	}
}
