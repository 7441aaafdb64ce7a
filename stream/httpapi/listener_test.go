package httpapi_test

import (
	"strings"
	"testing"

	"github.com/weirstreams/weir/stream/httpapi"
)

// What a stream holds is never taken for an answer that net/http made by itself,
// wherever the border of two writes to the connection lies.
func TestContentIsNoAnswer(t *testing.T) {
	s := serve(t, httpapi.Options{})
	for _, forged := range []string{
		"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request",
		"HTTP/1.1 417 Expectation Failed\r\n\r\n",
	} {
		forged += strings.Repeat(".", 128-len(forged)) // so that 128 paddings try every alignment
		for padding := range 128 {
			want := strings.Repeat(".", padding) + strings.Repeat(forged, 150)
			s.must(201, "PUT", "s", want, asText)
			if a := s.must(200, "GET", "s", ""); a.body != want {
				t.Fatalf("content with %d bytes before: got it changed", padding)
			}
			s.must(204, "DELETE", "s", "")
		}
	}
}

// A request that cannot be parsed ends the connection, also behind a good one.
func TestMalformedRequestEndsConnection(t *testing.T) {
	s := serve(t, httpapi.Options{})
	s.must(201, "PUT", "s", "data", asText)
	w := s.dial()
	w.send(request("GET", "/v1/stream/s", ""))
	if a := w.answer("GET"); a.body != "data" {
		t.Errorf("first request: got %q, want data", a.body)
	}
	w.send("GARBAGE\r\n\r\n")
	a := w.answer("GET")
	wantProblem(t, a, 400, "malformed-request")
	wantHeaders(t, a, map[string]string{"Connection": "close"})
	if n, err := w.Read(make([]byte, 1)); err == nil {
		t.Errorf("connection: got %d bytes more, want its end", n)
	}
}

// Answers come in the order of the requests, each with its own headers.
func TestPipelinedRequests(t *testing.T) {
	s := serve(t, httpapi.Options{})
	s.must(201, "PUT", "s", "", asText)
	w := s.dial()
	var all string
	for range 3 {
		all += request("POST", "/v1/stream/s", "x", asText) + request("POST", "/v1/stream/s", "x", asJSON) +
			request("GET", "/v1/stream/s", "") + request("HEAD", "/v1/stream/s", "")
	}
	w.send(all)
	for i := range int64(3) {
		a := w.answer("POST")
		if a.StatusCode != 204 {
			t.Errorf("append: got %d, want 204", a.StatusCode)
		}
		wantHeaders(t, a, map[string]string{"Stream-Next-Offset": offset(i + 1), "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})
		wantProblem(t, w.answer("POST"), 409, "content-type-mismatch")
		if a := w.answer("GET"); int64(len(a.body)) != i+1 {
			t.Errorf("read: got %q, want %d bytes", a.body, i+1)
		}
		wantHeaders(t, w.answer("HEAD"), map[string]string{"Stream-Next-Offset": offset(i + 1)})
	}
}
