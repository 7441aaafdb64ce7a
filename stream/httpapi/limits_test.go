package httpapi_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/limits"
	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/stream/httpapi"
)

func TestMemoryBudget(t *testing.T) {
	s := serveStore(t, memstore.New(&memstore.Options{MaxBytes: 4096}), nil, httpapi.Options{})
	s.must(201, "PUT", "s", "kept", asText)
	a := s.do("POST", "s", strings.Repeat("x", 5000), asText)
	wantProblem(t, a, 507, "insufficient-storage")
	a = s.do("PUT", "new", strings.Repeat("x", 5000), asText)
	wantProblem(t, a, 507, "insufficient-storage")
	if a := s.do("HEAD", "new", ""); a.StatusCode != 404 {
		t.Errorf("stream that had no room: got %d, want 404", a.StatusCode)
	}
	s.must(204, "POST", "s", "more", asText)
	if a := s.do("GET", "s", ""); a.body != "keptmore" {
		t.Errorf("stream: got %q, want what was acknowledged", a.body)
	}
	for range 3 { // a deleted stream gives its room back
		s.must(201, "PUT", "big", strings.Repeat("x", 3000), asText)
		s.must(204, "DELETE", "big", "")
	}
}

func TestStreamCount(t *testing.T) {
	s := serveStore(t, memstore.New(nil), &stream.Options{MaxStreams: 1}, httpapi.Options{})
	s.must(201, "PUT", "s", "", asText)
	wantProblem(t, s.do("PUT", "t", "", asText), 507, "too-many-streams")
	s.must(200, "PUT", "s", "", asText)
	s.must(204, "DELETE", "s", "")
	s.must(201, "PUT", "t", "", asText)
}

func TestRequestRate(t *testing.T) {
	s := serve(t, httpapi.Options{Requests: limits.NewRate(1, 3)})
	s.must(201, "PUT", "s", "", asText)
	s.must(200, "GET", "s", "")
	s.must(204, "POST", "s", "x", asText)
	a := s.do("POST", "s", "x", asText)
	wantProblem(t, a, 429, "too-many-requests")
	wantHeaders(t, a, map[string]string{"Retry-After": "1"})
	if a := s.raw(request("GET", "/healthz", "")); a.StatusCode != 200 {
		t.Errorf("probe of a busy server: got %d, want 200", a.StatusCode)
	}
	if a := s.do("OPTIONS", "s", ""); a.StatusCode != 204 {
		t.Errorf("preflight at a busy server: got %d, want 204", a.StatusCode)
	}
}

func TestSubscriberCount(t *testing.T) {
	gauge := limits.NewGauge(2)
	s := serve(t, httpapi.Options{Subscribers: gauge})
	s.must(201, "PUT", "s", "", asText)
	first, second := s.subscribe("s", "offset=-1"), s.dial()
	first.next()
	second.send(request("GET", "/v1/stream/s?offset=-1&live=long-poll", ""))
	waitFor(t, "both are counted", func() bool { return gauge.InUse() == 2 })
	for _, live := range []string{"sse", "long-poll"} {
		a := s.do("GET", "s?offset=-1&live="+live, "")
		wantProblem(t, a, 429, "too-many-subscribers")
		if n, err := strconv.Atoi(a.Header.Get("Retry-After")); err != nil || n < 1 {
			t.Errorf("Retry-After: got %q, want a number of seconds", a.Header.Get("Retry-After"))
		}
	}
	s.must(200, "GET", "s", "") // an ordinary read is none
	s.must(204, "POST", "s", "x", asText)
	if a := second.answer("GET"); a.body != "x" {
		t.Errorf("long-poll: got %q, want x", a.body)
	}
	first.Close()
	waitFor(t, "none is counted", func() bool { return gauge.InUse() == 0 })
	// Refused ones are not counted either.
	s.do("GET", "missing?offset=-1&live=sse", "")
	waitFor(t, "none is counted again", func() bool { return gauge.InUse() == 0 })
}

// waitFor waits for something that the server does on its own.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
