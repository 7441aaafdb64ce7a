package httpapi_test

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/weirstreams/weir/limits"
	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/stream/httpapi"
)

// The handler answers the same on a connection that is not its listener's, as
// those of TLS and HTTP/2 are not.
func TestHandlerOnAnyConnection(t *testing.T) {
	long := lines(20_000)
	for _, origins := range [][]string{{"*"}, {"https://app.test"}} {
		s := serve(t, httpapi.Options{Origins: origins, LongPoll: 1})
		h := otherHandler(t, httpapi.Options{Origins: origins, LongPoll: 1, Names: limits.Names{MaxBytes: 64}})
		for _, c := range []struct {
			method, path, body string
			headers            []string
		}{
			{"PUT", "s", "", []string{asText}},
			{"PUT", "s", "", []string{asText}},
			{"PUT", "ttl", "", []string{asJSON, "Stream-TTL: 60", "X-Forwarded-Proto: https"}},
			{"PUT", "closed", "[1,2]", []string{asJSON, closes, "Origin: https://app.test"}},
			{"PUT", "long", long, []string{asText}},
			{"POST", "s", "x", []string{asText, "Producer-Id: p", "Producer-Epoch: 1", "Producer-Seq: 0"}},
			{"POST", "s", "x", []string{asText, "Producer-Id: p", "Producer-Epoch: 1", "Producer-Seq: 0"}},
			{"POST", "s", "y", []string{asText, "Origin: https://app.test"}},
			{"POST", "s", "y", []string{asJSON}},
			{"POST", "ttl", "", []string{closes}},
			{"HEAD", "ttl", "", nil},
			{"HEAD", "closed", "", []string{"Origin: https://app.test"}},
			{"GET", "s", "", []string{"Origin: https://app.test"}},
			{"GET", "s", "", []string{"If-None-Match: *"}},
			{"GET", "s?offset=now", "", nil},
			{"GET", "closed", "", nil},
			{"GET", "long", "", nil},
			{"GET", "long?offset=" + offset(int64(len(long)-8192)), "", nil},
			{"GET", "closed?offset=-1&live=long-poll", "", nil},
			{"GET", "s?offset=now&live=long-poll", "", nil},
			{"DELETE", "s", "", nil},
		} {
			raw := request(c.method, "/v1/stream/"+c.path, c.body, c.headers...)
			got, want := s.raw(raw), recorded(t, h, raw)
			if got.StatusCode != want.StatusCode || got.body != want.body {
				t.Errorf("%s %s: got %d with %d bytes, elsewhere %d with %d", c.method, c.path,
					got.StatusCode, len(got.body), want.StatusCode, len(want.body))
			}
			if g, w := fields(got), fields(want); g != w {
				t.Errorf("%s %s: got\n%s\nelsewhere\n%s", c.method, c.path, g, w)
			}
		}
	}
}

// otherHandler is a handler of a store of its own.
func otherHandler(t *testing.T, o httpapi.Options) http.Handler {
	e := stream.New(memstore.New(nil), nil)
	t.Cleanup(func() { e.Close() })
	return httpapi.New(e, o)
}

// recorded is the answer to a request that comes over no connection.
func recorded(t *testing.T, h http.Handler, raw string) answer {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	res := w.Result()
	body, _ := io.ReadAll(res.Body)
	return answer{res, string(body)}
}

// fields lists the header, without what net/http adds and the numbers of streams.
func fields(a answer) string {
	for _, name := range []string{"Date", "Stream-Cursor", "Connection"} {
		a.Header.Del(name)
	}
	if a.Header.Get("Content-Length") == "0" {
		a.Header.Del("Content-Length")
	}
	if tag := a.Header.Get("ETag"); tag != "" {
		_, place, _ := strings.Cut(tag, ":")
		a.Header.Set("ETag", place)
	}
	var b strings.Builder
	a.Header.Write(&b)
	return b.String()
}

// An old client gets the answer of its version, and then the end.
func TestOldVersion(t *testing.T) {
	s := serve(t, httpapi.Options{})
	s.must(201, "PUT", "s", "data", asText)
	w := s.dial()
	w.send("GET /v1/stream/s HTTP/1.0\r\n\r\n")
	b, err := io.ReadAll(w)
	if got := string(b); err != nil || !strings.HasPrefix(got, "HTTP/1.0 200 OK\r\n") || !strings.HasSuffix(got, "\r\n\r\ndata") {
		t.Errorf("got %q, %v; want an answer of HTTP/1.0", got, err)
	}
}
