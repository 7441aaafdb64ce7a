package nginx_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/nginx"
	"github.com/weirstreams/weir/e2e/internal/wire"
)

const (
	mebibyte   = 1 << 20
	uploadSize = 10 * mebibyte // DS_LIMITS__MAX_APPEND_BYTES
)

// TestUploadsAreStreamed sends the first part of a body, sees it reach the server,
// and only then sends the rest. nginx keeps nothing of it in a file.
func TestUploadsAreStreamed(t *testing.T) {
	t.Parallel()
	s, seen := newRecordedStage(t, nil)
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			s, stream := s.with(t), "upload-"+protocol[5:6]
			s.create(s.client(protocol), stream, plainText, "")
			before := seen.bodyBytes.Load()
			body, rest := io.Pipe()
			sent := make(chan error, 1)
			go func() { sent <- s.post(protocol, stream, body) }()

			rest.Write(bytes.Repeat([]byte("a"), mebibyte))
			await(t, "the first part of the body at the server", func() bool {
				return seen.bodyBytes.Load() > before
			})
			if files := s.proxy.Files(nginx.Bodies); len(files) > 0 {
				t.Errorf("got files of bodies %q, want none", files)
			}
			rest.Write(bytes.Repeat([]byte("b"), uploadSize-mebibyte))
			rest.Close()
			if err := <-sent; err != nil {
				t.Error(err)
			}
			if got := seen.bodyBytes.Load() - before; got != uploadSize {
				t.Errorf("got %d bytes at the server, want %d", got, uploadSize)
			}
		})
	}
}

// post appends a body of unknown length.
func (s stage) post(protocol, stream string, body io.Reader) error {
	transport := s.transport(protocol)
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.proxy.URL()+"/v1/stream/"+stream, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", plainText)
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		return fmt.Errorf("got status %d, want 204", resp.StatusCode)
	}
	return nil
}

// TestTooLarge wants the server's own words for a body that is a little over its
// limit, and nginx's refusal, which does not ask the server, far above.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	s := newStage(t, "memory", nil)
	c := s.client(http1)
	s.create(c, "large", plainText, "")
	for size, want := range map[int]string{
		uploadSize + 1:             "application/problem+json",
		uploadSize + 2*mebibyte:    "text/html",
		uploadSize + mebibyte/2:    "application/problem+json",
		uploadSize + 1024*1024 + 1: "text/html",
	} {
		resp := s.want(http.StatusRequestEntityTooLarge, c, wire.Request{
			Method: http.MethodPost, Stream: "large", Header: wire.Header{"Content-Type": plainText},
			Body: bytes.Repeat([]byte("x"), size),
		})
		if got := resp.Header.Get("Content-Type"); !strings.HasPrefix(got, want) {
			t.Errorf("%d bytes: got %s, want %s", size, got, want)
		}
	}
}

// await waits until something is so.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		if is() {
			return
		}
	}
	t.Fatalf("no %s within %s", what, patience)
}
