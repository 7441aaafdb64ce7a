package httpapi_test

import (
	"testing"
	"time"

	"github.com/weirstreams/weir/limits"
	"github.com/weirstreams/weir/stream/httpapi"
)

// poller is a server with short long-polls, and counts them.
func poller(t *testing.T, wait time.Duration) (*server, *limits.Gauge) {
	gauge := limits.NewGauge(0)
	return serve(t, httpapi.Options{LongPoll: wait, Subscribers: gauge}), gauge
}

// poll begins a long-poll and returns when the server has it.
func poll(t *testing.T, s *server, gauge *limits.Gauge, query string) *wire {
	t.Helper()
	before := gauge.InUse()
	w := s.dial()
	w.send(request("GET", "/v1/stream/s?live=long-poll&"+query, ""))
	waitFor(t, "the long-poll has begun", func() bool { return gauge.InUse() == before+1 })
	return w
}

func TestLongPollAnswersAtOnce(t *testing.T) {
	s, _ := poller(t, time.Hour)
	s.must(201, "PUT", "s", "data", asText)
	a := s.must(200, "GET", "s?offset=-1&live=long-poll", "")
	wantHeaders(t, a, map[string]string{
		"Stream-Next-Offset": offset(4), "Stream-Up-To-Date": "true", "Stream-Closed": "",
		"Cache-Control": "public, max-age=60, stale-while-revalidate=300", "Content-Type": "text/plain",
	})
	if a.body != "data" || a.Header.Get("Stream-Cursor") == "" {
		t.Errorf("got %q with cursor %q, want data and a cursor", a.body, a.Header.Get("Stream-Cursor"))
	}
	s.must(204, "POST", "s", "", closes)
	a = s.must(204, "GET", "s?offset=now&live=long-poll", "")
	wantHeaders(t, a, map[string]string{
		"Stream-Next-Offset": offset(4), "Stream-Up-To-Date": "true", "Stream-Closed": "true", "Cache-Control": "no-store",
	})
	a = s.must(200, "GET", "s?offset="+offset(2)+"&live=long-poll", "")
	wantHeaders(t, a, map[string]string{"Stream-Closed": "true", "Stream-Up-To-Date": "true"})
	if a.body != "ta" {
		t.Errorf("got %q, want the rest", a.body)
	}
}

func TestLongPollTimesOut(t *testing.T) {
	s, _ := poller(t, 5*time.Millisecond)
	s.must(201, "PUT", "s", "", asJSON)
	for _, from := range []string{"-1", "now", start} {
		a := s.must(204, "GET", "s?offset="+from+"&live=long-poll", "")
		wantHeaders(t, a, map[string]string{
			"Stream-Next-Offset": start, "Stream-Up-To-Date": "true", "Stream-Closed": "", "Cache-Control": "no-store",
		})
		if a.Header.Get("Stream-Cursor") == "" {
			t.Error("Stream-Cursor: got none, want one")
		}
	}
}

func TestLongPollWakes(t *testing.T) {
	tests := []struct {
		name   string
		event  func(s *server)
		status int
		body   string
		closed string
	}{
		{"append", func(s *server) { s.must(204, "POST", "s", "new", asText) }, 200, "new", ""},
		{"close", func(s *server) { s.must(204, "POST", "s", "", closes) }, 204, "", "true"},
		{"append and close", func(s *server) { s.must(204, "POST", "s", "new", asText, closes) }, 200, "new", "true"},
		{"drain", func(s *server) { s.handler.Drain(0) }, 204, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, gauge := poller(t, time.Hour)
			s.must(201, "PUT", "s", "old", asText)
			w := poll(t, s, gauge, "offset=now")
			test.event(s)
			a := w.answer("GET")
			if a.StatusCode != test.status || a.body != test.body {
				t.Errorf("got %d %q, want %d %q", a.StatusCode, a.body, test.status, test.body)
			}
			wantHeaders(t, a, map[string]string{
				"Stream-Closed": test.closed, "Stream-Up-To-Date": "true", "Stream-Next-Offset": offset(int64(3 + len(test.body))),
			})
		})
	}
}

func TestLongPollOfDeletedStream(t *testing.T) {
	s, gauge := poller(t, time.Hour)
	s.must(201, "PUT", "s", "old", asText)
	w := poll(t, s, gauge, "offset=now")
	s.must(204, "DELETE", "s", "")
	wantProblem(t, w.answer("GET"), 404, "not-found")
}

// A client that leaves is not waited for.
func TestLongPollEndsWithItsClient(t *testing.T) {
	s, gauge := poller(t, time.Hour)
	s.must(201, "PUT", "s", "", asText)
	w := poll(t, s, gauge, "offset=now")
	w.Close()
	waitFor(t, "nobody is waited for", func() bool { return gauge.InUse() == 0 })
}
