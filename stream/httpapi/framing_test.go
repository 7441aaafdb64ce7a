package httpapi_test

import (
	"io"
	"testing"

	"github.com/weirstreams/weir/stream/httpapi"
)

// Where somebody in front could see the end of a body elsewhere, what follows is
// not served; where nobody can, it is.
func TestEndOfConnection(t *testing.T) {
	const victim = "DELETE /v1/stream/victim HTTP/1.1\r\nHost: h\r\n\r\n"
	post := func(version, framing string) string {
		return "POST /v1/stream/s " + version + "\r\nHost: h\r\n" + asText + "\r\n" + framing + "\r\n\r\n"
	}
	const chunks = "1\r\nx\r\n0\r\n\r\n"
	for _, c := range []struct {
		name, raw string
		ends      bool
	}{
		{"length", post("HTTP/1.1", "Content-Length: 1") + "x", false},
		{"chunks", post("HTTP/1.1", "Transfer-Encoding: chunked") + chunks, true},
		{"chunks and length", post("HTTP/1.1", "Transfer-Encoding: chunked\r\nContent-Length: 200") + chunks, true},
		{"HTTP/1.0, length", post("HTTP/1.0", "Connection: keep-alive\r\nContent-Length: 1") + "x", true},
		{"HTTP/1.0, length and chunks", post("HTTP/1.0",
			"Connection: keep-alive\r\nTransfer-Encoding: chunked\r\nContent-Length: 3") + "f0\r\n", true},
		{"HTTP/1.0 without a body", "GET /v1/stream/s HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
		{"read with chunks", "GET /v1/stream/s HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, true},
		{"preflight with chunks", "OPTIONS /v1/stream/s HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, httpapi.Options{})
			s.must(201, "PUT", "s", "", asText)
			s.must(201, "PUT", "victim", "", asText)
			w := s.dial()
			w.send(c.raw + victim)
			if _, err := io.Copy(io.Discard, io.LimitReader(w.r, 1)); err != nil {
				t.Fatalf("read answer: %v", err)
			}
			if !c.ends {
				w.send("GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
			}
			if _, err := io.Copy(io.Discard, w.r); err != nil {
				t.Fatalf("read to the end: %v", err)
			}
			want := 404
			if c.ends {
				want = 200
			}
			if a := s.do("HEAD", "victim", ""); a.StatusCode != want {
				t.Errorf("stream that the bytes behind the request delete: got %d, want %d", a.StatusCode, want)
			}
		})
	}
}
