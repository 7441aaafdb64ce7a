package httpapi_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/weirstreams/weir/limits"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/stream/httpapi"
)

// wantRefusal checks that an error blames the request and not the server.
func wantRefusal(t *testing.T, err error) {
	t.Helper()
	if status, known := httpapi.StatusOf(err); !known || status != 400 {
		t.Errorf("%v: got status %d, known %v, want 400", err, status, known)
	}
}

func FuzzQuery(f *testing.F) {
	for _, q := range []string{
		"", "offset=-1", "offset=now&live=sse&cursor=5", "offset=" + start + "&live=long-poll", "live=sse", "offset=",
		"offset=-1&offset=-1", "offset=%zz", "a;b", "offset=0000000000000000_0000000000000007&x=y", "live=none", "%6Fffset=-1",
	} {
		f.Add(q, "")
	}
	f.Add("live=sse", start)
	f.Add("offset=-1&live=sse", "-1")
	f.Fuzz(func(t *testing.T, query, lastEvent string) {
		r := &http.Request{URL: &url.URL{RawQuery: query}, Header: http.Header{}}
		if lastEvent != "" {
			r.Header.Set("Last-Event-ID", lastEvent)
		}
		got, err := httpapi.ParseQuery(r)
		if err != nil {
			wantRefusal(t, err)
			return
		}
		v, err := url.ParseQuery(query)
		if err != nil {
			t.Fatalf("query %q: got it accepted, want %v", query, err)
		}
		if (got.Live == "sse" || got.Live == "long-poll") != (v.Get("live") == got.Live && got.Live != "") {
			t.Errorf("query %q: got live %q", query, got.Live)
		}
		want := v.Get("offset")
		if got.Live == "sse" && lastEvent != "" {
			want = lastEvent
		}
		if text := onTheWire(got.At); len(v["offset"]) > 1 || want != text && !(got.At == 0 && (want == "-1" || want == "" && got.Live == "")) {
			t.Errorf("query %q, last event %q: got position %s", query, lastEvent, text)
		}
	})
}

func onTheWire(p stream.Position) string {
	if p == stream.Tail {
		return "now"
	}
	return stream.Offset(p).String()
}

// with returns a header of the values that are not empty.
func with(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			h.Set(pairs[i], pairs[i+1])
		}
	}
	return h
}

func FuzzProducer(f *testing.F) {
	f.Add("p", "0", "0")
	f.Add("p", "007", "9007199254740991")
	f.Add("p", "9007199254740992", "1")
	f.Add("", "1e3", "-1")
	f.Add("p", "", "")
	f.Fuzz(func(t *testing.T, id, epoch, seq string) {
		p, err := httpapi.Producer(with("Producer-Id", id, "Producer-Epoch", epoch, "Producer-Seq", seq))
		if err != nil {
			wantRefusal(t, err)
			return
		}
		if p == nil {
			if id+epoch+seq != "" {
				t.Errorf("%q %q %q: got no producer", id, epoch, seq)
			}
			return
		}
		if p.ID != id || !sameNumber(epoch, p.Epoch) || !sameNumber(seq, p.Seq) || max(p.Epoch, p.Seq) > 1<<53-1 {
			t.Errorf("%q %q %q: got %+v", id, epoch, seq, p)
		}
	})
}

// sameNumber reports whether digits, maybe behind zeros, write n.
func sameNumber(digits string, n int64) bool {
	text := strconv.FormatInt(n, 10)
	zeros := len(digits) - len(text)
	return zeros >= 0 && digits == strings.Repeat("0", zeros)+text
}

func FuzzLifetime(f *testing.F) {
	f.Add("60", "")
	f.Add("060", "")
	f.Add("9223372036854775807", "")
	f.Add("", "2031-01-01T00:00:00Z")
	f.Add("", "2031-01-01T1:00:00,5+01:00")
	f.Add("60", "2031-01-01T00:00:00Z")
	f.Fuzz(func(t *testing.T, seconds, end string) {
		ttl, at, err := httpapi.Lifetime(with("Stream-TTL", seconds, "Stream-Expires-At", end))
		if err != nil {
			wantRefusal(t, err)
			return
		}
		if seconds == "" != (ttl == stream.NoTTL) || seconds != "" && (end != "" || strconv.FormatInt(ttl, 10) != seconds) {
			t.Errorf("TTL %q with end %q: got %d", seconds, end, ttl)
		}
		if at != end || strings.ContainsAny(end, ", ") {
			t.Errorf("end %q: got %q", end, at)
		}
	})
}

func FuzzFork(f *testing.F) {
	f.Add("/v1/stream/a", "", "")
	f.Add("/v1/stream/a%2Fb/c", start, "3")
	f.Add("/v1/stream/../a", "-1", "03")
	f.Add("", start, "0")
	f.Add("/v1/stream/a?b", "now", "-1")
	f.Fuzz(func(t *testing.T, from, at, sub string) {
		names := limits.Names{MaxBytes: 64, MaxSegments: 4}
		r, err := httpapi.Fork(with("Stream-Forked-From", from, "Stream-Fork-Offset", at, "Stream-Fork-Sub-Offset", sub), names)
		if err != nil {
			wantRefusal(t, err)
			return
		}
		if r == nil {
			if from+at+sub != "" {
				t.Errorf("%q %q %q: got no fork", from, at, sub)
			}
			return
		}
		if again, err := names.Parse(names.Path(r.Source)); err != nil || again != r.Source {
			t.Errorf("source %q: got %q, which does not name itself", from, r.Source)
		}
		if (r.Offset == nil) != (at == "") || r.Offset != nil && r.Offset.String() != at {
			t.Errorf("offset %q: got %v", at, r.Offset)
		}
		if sub != "" && strconv.FormatInt(r.Sub, 10) != sub || sub == "" && r.Sub != 0 {
			t.Errorf("sub-offset %q: got %d", sub, r.Sub)
		}
	})
}

func FuzzRawProblem(f *testing.F) {
	const fields = "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"
	for _, s := range []string{
		"HTTP/1.1 400 Bad Request" + fields + "400 Bad Request", "HTTP/1.1 431 Request Header Fields Too Large" + fields,
		"HTTP/1.1 417 Expectation Failed\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 " + fields, "HTTP/1.1 4x0 " + fields,
		"HTTP/1.1 -12 x" + fields, "HTTP/1.1 099" + fields + "\"\xff\r\n", "HTTP/1.1", "",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		raw := httpapi.RawProblem(b)
		if raw == nil {
			return
		}
		r := bufio.NewReader(bytes.NewReader(raw))
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatalf("problem for %q: got %q, which is no answer: %v", b, raw, err)
		}
		body, err := io.ReadAll(res.Body)
		var p problem
		if err = errors.Join(err, json.Unmarshal(body, &p)); err != nil || p.Status != res.StatusCode || !res.Close {
			t.Errorf("problem for %q: got %q, %v, want a document of its status", b, raw, err)
		}
		if rest, _ := io.ReadAll(r); len(rest) > 0 {
			t.Errorf("problem for %q: got %q behind it", b, rest)
		}
	})
}
