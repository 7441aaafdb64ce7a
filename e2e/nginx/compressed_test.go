package nginx_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/wire"
)

// TestCompression wants a page of JSON compressed and its weak tag recognised, and
// an SSE connection, asked for in the same way, left as it is: its event comes at
// once.
func TestCompression(t *testing.T) {
	t.Parallel()
	s := newStage(t, "memory", nil)
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			s, c, stream := s.with(t), s.with(t).client(protocol), "squeezed-"+protocol[5:6]
			text := fmt.Sprintf(`[%q]`, strings.Repeat("again ", 1000))
			s.create(c, stream, jsonType, text)
			checkCompressed(s, c, stream, text)
			checkPlainEvents(s, protocol, stream, text)
		})
	}
}

func checkCompressed(s stage, c *wire.Client, stream, text string) {
	s.t.Helper()
	page := s.get(http.StatusOK, c, stream, wire.Header{"Accept-Encoding": "gzip"})
	tag := page.Header.Get("ETag")
	if got := page.Header.Get("Content-Encoding"); got != "gzip" || !strings.HasPrefix(tag, `W/"`) {
		s.t.Fatalf("got encoding %q and tag %s, want gzip and a weak tag", got, tag)
	}
	if got := unzip(s.t, string(page.Body)); got != text {
		s.t.Errorf("got %d bytes %.80q, want the %d of the page", len(got), got, len(text))
	}
	s.get(http.StatusNotModified, c, stream, wire.Header{"Accept-Encoding": "gzip", "If-None-Match": tag})
}

func unzip(t *testing.T, squeezed string) string {
	t.Helper()
	r, err := gzip.NewReader(strings.NewReader(squeezed))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func checkPlainEvents(s stage, protocol, stream, text string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet,
		s.proxy.URL()+"/v1/stream/"+stream+"?live=sse&offset=-1", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "gzip")
	transport := s.transport(protocol)
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Encoding"); got != "" {
		s.t.Fatalf("SSE: got encoding %q, want none", got)
	}
	// The connection stays open, so nothing but what was flushed can be read.
	event, err := wire.NewDecoder(resp.Body).Next()
	if err != nil || event.Data != text {
		s.t.Errorf("SSE: got %.80q, error %v, want the message", event.Data, err)
	}
}
