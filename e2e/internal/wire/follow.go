package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Control is the payload of a control event.
type Control struct {
	StreamNextOffset string `json:"streamNextOffset"`
	StreamCursor     string `json:"streamCursor"`
	UpToDate         bool   `json:"upToDate"`
	StreamClosed     bool   `json:"streamClosed"`
}

// Batch is one data event, if there was one, and the control event after it.
type Batch struct {
	Data    string
	Control Control
}

// Live is an open SSE connection.
type Live struct {
	body   io.ReadCloser
	events *Decoder
}

// Follow opens the stream in SSE mode at offset. The connection ends with ctx;
// close it with Close.
func (c *Client) Follow(ctx context.Context, stream, offset string) (*Live, error) {
	return c.open(ctx, Request{Method: http.MethodGet, Stream: stream + "?live=sse&offset=" + offset})
}

// Resume is Follow as a browser comes back: the URL says where it once began, at
// the start, and Last-Event-ID where it is.
func (c *Client) Resume(ctx context.Context, stream, lastEventID string) (*Live, error) {
	return c.open(ctx, Request{
		Method: http.MethodGet,
		Stream: stream + "?live=sse&offset=-1",
		Header: Header{"Last-Event-ID": lastEventID},
	})
}

func (c *Client) open(ctx context.Context, r Request) (*Live, error) {
	resp, err := c.send(ctx, r)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
		if err != nil {
			return nil, fmt.Errorf("follow %s: read body: %w", r.Stream, err)
		}
		return nil, &StatusError{Asked: "follow " + r.Stream, Status: resp.StatusCode, Body: body}
	}
	return &Live{body: resp.Body, events: NewDecoder(resp.Body)}, nil
}

// Close drops the connection.
func (l *Live) Close() {
	l.body.Close()
}

// Next returns the next batch, or io.EOF when the server has ended the answer.
// Events that break the pairing of data and control are errors, and so is an id
// that differs from the offset its batch ends at.
func (l *Live) Next() (Batch, error) {
	var batch Batch
	var dataID string
	hasData := false
	for {
		event, err := l.events.Next()
		switch {
		case errors.Is(err, io.EOF) && hasData:
			return Batch{}, io.ErrUnexpectedEOF
		case err != nil:
			return Batch{}, err
		case event.Type == "data" && hasData:
			return Batch{}, errors.New("two data events without a control event between them")
		case event.Type == "data":
			batch.Data, dataID, hasData = event.Data, event.ID, true
		case event.Type == "control":
			return batch, readControl(&batch, event, hasData, dataID)
		}
	}
}

func readControl(batch *Batch, event Event, hasData bool, dataID string) error {
	if err := json.Unmarshal([]byte(event.Data), &batch.Control); err != nil {
		return fmt.Errorf("control event: %w", err)
	}
	next := batch.Control.StreamNextOffset
	if event.ID != next {
		return fmt.Errorf("control event: got id %q, want its offset %q", event.ID, next)
	}
	if hasData && dataID != next {
		return fmt.Errorf("data event: got id %q, want the offset %q after it", dataID, next)
	}
	return nil
}
