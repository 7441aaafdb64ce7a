package httpapi_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/weirstreams/weir/stream/httpapi"
)

// TestRequestsAreCounted: every answer is counted once, under what it was for and
// with the status that the client saw, whichever way it was sent.
func TestRequestsAreCounted(t *testing.T) {
	var mu sync.Mutex
	var observed []httpapi.RequestCount
	s := serve(t, httpapi.Options{Observe: func(r *http.Request, status int) {
		mu.Lock()
		defer mu.Unlock()
		observed = append(observed, httpapi.RequestCount{Kind: r.Method, Status: status})
	}})
	large := make([]byte, 100_000)
	tests := []struct {
		kind string
		do   func() int
	}{
		{"create", func() int { return s.do("PUT", "s", "x", asText).StatusCode }},
		{"create", func() int { return s.do("PUT", "s", "x", asText).StatusCode }},
		{"create", func() int { return s.do("PUT", "big", string(large)).StatusCode }},
		{"append", func() int { return s.do("POST", "s", "x", asText).StatusCode }},
		{"append", func() int { return s.do("POST", "s", "{}", asJSON).StatusCode }},
		{"read", func() int { return s.do("GET", "s", "").StatusCode }},
		{"read", func() int { return s.do("GET", "big", "").StatusCode }},
		{"read", func() int {
			tag := s.do("GET", "s", "").Header.Get("Etag")
			return s.do("GET", "s", "", "If-None-Match: "+tag).StatusCode
		}},
		{"read", func() int { return s.do("GET", "missing", "").StatusCode }},
		{"long-poll", func() int { return s.do("GET", "s?offset=-1&live=long-poll", "").StatusCode }},
		{"long-poll", func() int { return s.do("GET", "s?live=long-poll", "").StatusCode }},
		{"head", func() int { return s.do("HEAD", "s", "").StatusCode }},
		{"head", func() int { return s.do("HEAD", "missing", "").StatusCode }},
		{"options", func() int { return s.do("OPTIONS", "s", "").StatusCode }},
		{"other", func() int { return s.do("PATCH", "s", "").StatusCode }},
		{"other", func() int { return s.raw(request("GET", "/elsewhere", "")).StatusCode }},
		{"other", func() int { return s.raw("GET / HTTP/1.1\r\n\r\n").StatusCode }},
		{"health", func() int { return s.raw(request("GET", "/healthz", "")).StatusCode }},
		{"delete", func() int { return s.do("DELETE", "s", "").StatusCode }},
		{"delete", func() int { return s.do("DELETE", "s", "").StatusCode }},
	}
	for _, test := range tests {
		before := countOf(s, test.kind, 0)
		status := test.do()
		if got := countOf(s, test.kind, status); got == 0 || countOf(s, test.kind, 0) == before {
			t.Errorf("%s answered %d: got it counted %d times, want once more", test.kind, status, got)
		}
	}
	total := 0
	for _, c := range s.handler.Stats().Requests {
		total += int(c.N)
		if !slices.Contains(httpapi.Kinds(), c.Kind) {
			t.Errorf("kind: got %q, want one of %q", c.Kind, httpapi.Kinds())
		}
	}
	if want := len(tests) + 1; total != want { // the one for the tag
		t.Errorf("requests counted: got %d, want %d", total, want)
	}
	mu.Lock()
	defer mu.Unlock()
	if want := total - 1; len(observed) != want { // net/http answers one by itself
		t.Errorf("requests observed: got %d, want %d", len(observed), want)
	}
}

// countOf is how many requests of a kind had a status; 0 stands for all.
func countOf(s *server, kind string, status int) (n int64) {
	for _, c := range s.handler.Stats().Requests {
		if c.Kind == kind && (status == 0 || c.Status == status) {
			n += c.N
		}
	}
	return n
}

func TestLiveReadersAreCounted(t *testing.T) {
	eachOutlet(t, func(t *testing.T, serve func(httpapi.Options) *server) {
		s := serve(httpapi.Options{})
		s.must(201, "PUT", "s", "", asText)
		sub, poll := s.subscribe("s", "offset=-1"), s.dial()
		sub.control()
		poll.send(request("GET", "/v1/stream/s?offset=-1&live=long-poll", ""))
		waitFor(t, "both are counted", func() bool {
			st := s.handler.Stats()
			return st.LiveSSE == 1 && st.LivePolls == 1
		})
		if n := countOf(s, "sse", 200); n != 1 {
			t.Errorf("subscriptions counted: got %d, want 1", n)
		}
		before := s.handler.Stats().Delivered
		s.must(204, "POST", "s", "x", asText)
		sub.data()
		if a := poll.answer("GET"); a.body != "x" {
			t.Errorf("long-poll: got %q, want x", a.body)
		}
		waitFor(t, "the delivery is counted", func() bool { return s.handler.Stats().Delivered == before+1 })
		if got := s.handler.Stats().ReadBytes; got != 1 {
			t.Errorf("bytes read: got %d, want the one of the long-poll", got)
		}
		gone := s.dial()
		gone.send(request("GET", "/v1/stream/s?offset=now&live=long-poll", ""))
		waitFor(t, "the second long-poll waits", func() bool { return s.handler.Stats().LivePolls == 1 })
		gone.Close()
		sub.Close()
		waitFor(t, "none is left", func() bool {
			st := s.handler.Stats()
			return st.LiveSSE == 0 && st.LivePolls == 0
		})
		if n := countOf(s, "long-poll", 499); n != 1 {
			t.Errorf("long-polls of clients that left: got %d, want 1", n)
		}
	})
}

// TestStreamSubscriberCount: one crowded stream leaves the others alone.
func TestStreamSubscriberCount(t *testing.T) {
	s := serve(t, httpapi.Options{MaxStreamSubscribers: 2})
	s.must(201, "PUT", "s", "", asText)
	s.must(201, "PUT", "other", "", asText)
	first, second := s.subscribe("s", "offset=-1"), s.subscribe("s", "offset=-1")
	for _, live := range []string{"sse", "long-poll"} {
		wantProblem(t, s.do("GET", "s?offset=-1&live="+live, ""), 429, "too-many-stream-subscribers")
	}
	s.subscribe("other", "offset=-1")
	first.Close()
	waitFor(t, "its place is free", func() bool { return s.handler.Stats().LiveSSE == 2 })
	s.subscribe("s", "offset=-1")
	second.Close()
	if got := s.handler.Stats().SubscribersRefused; got != 2 {
		t.Errorf("refusals counted: got %d, want 2", got)
	}
}
