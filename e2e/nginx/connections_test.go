package nginx_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/nginx"
	"github.com/weirstreams/weir/e2e/internal/wire"
)

// TestConnectionsAreKept sends many requests and counts the connections that
// nginx opens for them.
func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	const clients, requests = 16, 64
	s, seen := newRecordedStage(t, nil)
	c := s.client(http1)
	s.create(c, "kept", plainText, "")
	var running sync.WaitGroup
	for range clients {
		running.Go(func() {
			for range requests {
				resp, err := c.Do(t.Context(), wire.Request{
					Method: http.MethodPost, Stream: "kept", Header: wire.Header{"Content-Type": plainText}, Body: []byte("x"),
				})
				if err != nil || resp.Status != http.StatusNoContent {
					t.Errorf("got status %d, error %v, want 204", resp.Status, err)
					return
				}
			}
		})
	}
	running.Wait()
	if got, want := seen.count(), clients*requests+1; got != want {
		t.Errorf("got %d requests at the server, want %d", got, want)
	}
	if got := seen.connections.Load(); got > 2*clients {
		t.Errorf("got %d connections to the server, want no more than the clients have, and some", got)
	}
}

// TestOneConnectionForAll follows many streams, and appends to one of them, over a
// single connection.
func TestOneConnectionForAll(t *testing.T) {
	t.Parallel()
	const streams = 300
	s := newStage(t, "memory", nil)
	var dialled atomic.Int64
	transport := s.transport(http2)
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		dialled.Add(1)
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	c := wire.Over(s.proxy.URL(), transport)
	t.Cleanup(c.Close)
	var last *wire.Live
	for n := range streams {
		stream := fmt.Sprintf("all/%d", n)
		s.create(c, stream, jsonType, "")
		last = s.follow(c, stream)
	}
	s.append(c, fmt.Sprintf("all/%d", streams-1), jsonType, "[1]")
	if batch, err := nextData(last); err != nil || batch.Data != "[1]" {
		t.Errorf("got %q, error %v, want the event", batch.Data, err)
	}
	if got := dialled.Load(); got != 1 {
		t.Errorf("got %d connections, want 1", got)
	}
}

// TestOldProxies lets nginx speak HTTP/1.0 with the server, a connection for each
// request, as proxies do that know no better. All ways of reading work, and a
// body of unknown length.
func TestOldProxies(t *testing.T) {
	t.Parallel()
	s, seen := newRecordedStage(t, nil,
		nginx.Change{From: "proxy_http_version 1.1;", To: "proxy_http_version 1.0;"},
		nginx.Change{From: `proxy_set_header Connection "";`, To: "proxy_set_header Connection close;"},
	)
	const events = 10
	for how, start := range map[string]func(stage, *wire.Client, string) follower{
		"catch-up": catchUp, "long-poll": longPoll, "SSE": sse,
	} {
		s, stream := s.with(t), "old-"+how
		reader, writer := s.client(http2), s.client(http1)
		offset := s.create(writer, stream, jsonType, "").Offset()
		next := start(s, reader, stream)
		for i := range events {
			event := fmt.Sprintf("[%d]", i)
			s.append(writer, stream, jsonType, event)
			data, after, err := next(t.Context(), offset)
			if err != nil || data != event {
				t.Fatalf("%s: event %d: got %q, error %v, want %q", how, i, data, err, event)
			}
			offset = after
		}
	}
	for _, e := range seen.of(http.MethodGet, "/v1/stream/old-SSE?live=sse&offset=-1") {
		if e.proto != "HTTP/1.0" {
			t.Errorf("got a request by %s, want HTTP/1.0", e.proto)
		}
	}
	if got, want := seen.connections.Load(), int64(3*events); got < want {
		t.Errorf("got %d connections to the server, want one for each request, at least %d", got, want)
	}
}
