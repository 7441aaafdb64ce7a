package client_test

import (
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weirstreams/weir/cmd/weir/client"
)

// failing is a server that fails the first requests of a method, and how.
func failing(t *testing.T, base, method string, times int64, fail func(http.ResponseWriter)) (url string, seen *atomic.Int64) {
	seen = new(atomic.Int64)
	return newFront(t, base, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != method {
			return false
		}
		if seen.Add(1) > times {
			return false
		}
		io.Copy(io.Discard, r.Body)
		fail(w)
		return true
	}), seen
}

func answers(status int) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { w.WriteHeader(status) }
}

// breaks ends a connection within an answer. One that ends before, net/http may make
// again by itself.
func breaks(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	io.WriteString(conn, "HTTP/1.1 20")
	conn.Close()
}

// TestRepetition holds what is sent again after which failure.
func TestRepetition(t *testing.T) {
	tests := []struct {
		name   string
		method string
		args   []string
		fail   func(http.ResponseWriter)
		again  bool
		status int // without another attempt
	}{
		{"head, 503", "HEAD", []string{"head", "s"}, answers(503), true, client.Unreachable},
		{"head, 502", "HEAD", []string{"head", "s"}, answers(502), true, client.Unreachable},
		{"head, 504", "HEAD", []string{"head", "s"}, answers(504), true, client.Unreachable},
		{"head, 429", "HEAD", []string{"head", "s"}, answers(429), true, client.Limited},
		{"head, 500", "HEAD", []string{"head", "s"}, answers(500), false, client.Unreachable},
		{"head, 404", "HEAD", []string{"head", "s"}, answers(404), false, client.NotFound},
		{"read, cut", "GET", []string{"read", "s"}, breaks, true, client.Unreachable},
		{"read, 410", "GET", []string{"read", "s"}, answers(410), false, client.NotFound},
		{"create, cut", "PUT", []string{"create", "new", "-"}, breaks, true, client.Unreachable},
		{"delete, cut", "DELETE", []string{"delete", "s"}, breaks, true, client.Unreachable},
		{"close, cut", "POST", []string{"close", "s"}, breaks, true, client.Unreachable},
		{"append, cut", "POST", []string{"append", "s"}, breaks, false, client.Unreachable},
		{"append, 503", "POST", []string{"append", "s"}, answers(503), false, client.Unreachable},
		{"append, 429", "POST", []string{"append", "s"}, answers(429), true, client.Limited},
		{"append, 413", "POST", []string{"append", "s"}, answers(413), false, client.Limited},
		{"append, 507", "POST", []string{"append", "s"}, answers(507), false, client.Limited},
		{"append, 409", "POST", []string{"append", "s"}, answers(409), false, client.Conflict},
		{"append, 403", "POST", []string{"append", "s"}, answers(403), false, client.Failed},
		{"append, redirect", "POST", []string{"append", "s"}, answers(308), false, client.Failed},
		{"append of a producer, cut", "POST", []string{"append", "--producer", "p", "s"}, breaks, true, client.Unreachable},
		{"append of lines, 503", "POST", []string{"append", "--lines", "s"}, answers(503), true, client.Unreachable},
		{"tail, cut", "GET", []string{"tail", "--offset", "-1", "closed"}, breaks, true, client.Unreachable},
		{"tail, 503", "GET", []string{"tail", "--offset", "-1", "closed"}, answers(503), true, client.Unreachable},
		{"tail, 404", "GET", []string{"tail", "--offset", "-1", "closed"}, answers(404), false, client.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			base := newServer(t)
			good(t, base, "text", "create", "s", "-")
			good(t, base, "text", "create", "closed", "--closed", "-")
			front, seen := failing(t, base, tt.method, 2, tt.fail)
			got := weir(t.Context(), front, "text", tt.args[0], tt.args[1:]...)
			want, requests := client.OK, int64(3)
			if !tt.again {
				want, requests = tt.status, 1
			}
			if got.status != want || seen.Load() != requests {
				t.Errorf("got status %d after %d requests, and %q, want %d after %d", got.status, seen.Load(), got.stderr, want, requests)
			}

			// Patience ends, with the status of the last failure.
			front, seen = failing(t, base, tt.method, 1<<20, tt.fail)
			got = weir(t.Context(), front, "text", tt.args[0], append(tt.args[1:], "--retries", "3")...)
			if requests = 1; tt.again {
				requests = 4
			}
			if got.status != tt.status || seen.Load() != requests || got.stderr == "" {
				t.Errorf("for ever: got status %d after %d requests, and %q, want %d after %d, and a message", got.status, seen.Load(), got.stderr, tt.status, requests)
			}
		})
	}
}

// TestLostAnswers holds that work which was done although its answer was lost
// counts as done.
func TestLostAnswers(t *testing.T) {
	base := newServer(t)
	lose := func(method string, before func()) string {
		url, _ := failing(t, base, method, 1, func(w http.ResponseWriter) {
			before()
			breaks(w)
		})
		return url
	}
	good(t, base, "", "create", "gone")
	url := lose("DELETE", func() { good(t, base, "", "delete", "gone") })
	good(t, url, "", "delete", "gone")

	url = lose("PUT", func() { good(t, base, "text", "create", "made", "-") })
	good(t, url, "text", "create", "made", "-")
	if got := good(t, base, "", "read", "made"); got != "text" {
		t.Errorf("read: got %q, want what was created", got)
	}
}

func TestRetryAfter(t *testing.T) {
	base := newServer(t)
	good(t, base, "", "create", "s")
	wants := func(seconds int) string {
		url, _ := failing(t, base, "HEAD", 1, func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", fmt.Sprint(seconds))
			w.WriteHeader(429)
		})
		return url
	}
	got := weir(t.Context(), wants(7), "", "head", "s")
	if got.status != client.OK || len(got.pauses) != 1 || got.pauses[0] != 7*time.Second {
		t.Errorf("Retry-After: 7: got status %d and pauses of %v, want 0 and one of 7s", got.status, got.pauses)
	}
	got = weir(t.Context(), wants(3600), "", "head", "s")
	if got.status != client.Limited || len(got.pauses) != 0 {
		t.Errorf("Retry-After: 3600: got status %d and pauses of %v, want %d and none", got.status, got.pauses, client.Limited)
	}

	now := time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "0": 0, "90": 90 * time.Second, "-1": 0, "soon": 0,
		"Thu, 31 Jan 2030 12:00:05 GMT": 5 * time.Second,
		"Thu, 31 Jan 2030 11:00:00 GMT": 0,
		"9223372036854775807":           365 * 24 * time.Hour,
	} {
		if got := client.RetryAfter(text, now); got != want {
			t.Errorf("Retry-After: %s: got %v, want %v", text, got, want)
		}
	}
}

func TestPausesGrowAndAreBounded(t *testing.T) {
	for failures, most := range map[int]time.Duration{
		0: 100 * time.Millisecond, 1: 200 * time.Millisecond, 3: 800 * time.Millisecond,
		6: 5 * time.Second, 20: 5 * time.Second, 1000: 5 * time.Second,
	} {
		for range 100 {
			if got := client.PauseAfter(failures); got < most/2 || got > most {
				t.Errorf("after %d failures: got a pause of %v, want from %v to %v", failures, got, most/2, most)
			}
		}
	}
}

// TestSilence holds that a server that takes a request and says nothing is given
// up, before its answer and within it.
func TestSilence(t *testing.T) {
	base := newServer(t)
	good(t, base, "text", "create", "s", "-")
	for _, part := range []string{"", "te"} {
		front := newFront(t, base, func(w http.ResponseWriter, r *http.Request) bool {
			if part != "" {
				w.Header().Set("Content-Length", "4")
				io.WriteString(w, part)
				http.NewResponseController(w).Flush()
			}
			<-r.Context().Done()
			return true
		})
		got := weir(t.Context(), front, "", "read", "s", "--timeout", "10ms", "--retries", "0")
		want := "weir: read: the server does not answer: it was silent for 10ms\n"
		if got.status != client.Unreachable || got.stderr != want {
			t.Errorf("after %q: got status %d and %q, want %d and %q", part, got.status, got.stderr, client.Unreachable, want)
		}
	}
}
