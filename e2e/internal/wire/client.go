// Package wire speaks the Durable Streams protocol over net/http and nothing
// else, so that a test sees each status, header and byte as it came.
//
// Do sends one request; ReadAll, ReadMessages and Pages follow pages to the tail;
// Follow and Resume read server-sent events. A Client may be used by many
// goroutines at once. Errors mean that no whole answer arrived; every status is
// an answer, which the methods that can only go on with one return as a
// *StatusError.
package wire

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxBody bounds the body of one answer, in bytes.
const maxBody = 64 << 20

// patience bounds one request that is not a live read.
const patience = 60 * time.Second

// Client talks to one server.
type Client struct {
	base string
	http *http.Client
}

// New returns a client for the server at origin, such as
// http://127.0.0.1:4437, that keeps up to conns connections. Close it.
func New(origin string, conns int) *Client {
	return &Client{
		base: origin + "/v1/stream/",
		http: &http.Client{Transport: &http.Transport{
			MaxIdleConns:        conns,
			MaxIdleConnsPerHost: conns,
			MaxConnsPerHost:     conns,
			DisableCompression:  true,
		}},
	}
}

// Close drops the connections that are idle.
func (c *Client) Close() {
	c.http.CloseIdleConnections()
}

// Header holds request headers, one value each.
type Header map[string]string

// Request is one request to a stream.
type Request struct {
	Method string
	// Stream is the name as it stands in the URL, escaped, with the query if
	// there is one: "orders?offset=-1".
	Stream string
	Header Header
	Body   []byte
}

// Response is a whole answer.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Offset returns Stream-Next-Offset.
func (r Response) Offset() string {
	return r.Header.Get("Stream-Next-Offset")
}

// Closed reports whether the answer says that the stream is closed.
func (r Response) Closed() bool {
	return r.Header.Get("Stream-Closed") == "true"
}

// UpToDate reports whether the answer reaches the tail.
func (r Response) UpToDate() bool {
	return r.Header.Get("Stream-Up-To-Date") == "true"
}

// Do sends r and reads the answer. When the answer breaks off in its body, the
// part that came is returned beside the error.
func (c *Client) Do(ctx context.Context, r Request) (Response, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	resp, err := c.send(ctx, r)
	if err != nil {
		return Response{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	answer := Response{Status: resp.StatusCode, Header: resp.Header, Body: body}
	if err != nil {
		return answer, fmt.Errorf("%s %s: read body: %w", r.Method, r.Stream, err)
	}
	return answer, nil
}

func (c *Client) send(ctx context.Context, r Request) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, r.Method, c.base+r.Stream, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	for name, value := range r.Header {
		req.Header.Set(name, value)
	}
	return c.http.Do(req)
}
