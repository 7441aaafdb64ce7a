package httpapi_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/stream/httpapi"
)

func TestCreateAnswers(t *testing.T) {
	s := serve(t, httpapi.Options{})
	a := s.must(201, "PUT", "a/b%20c", "data", "Content-Type: Text/Plain; charset=utf-8")
	wantHeaders(t, a, map[string]string{
		"Location": "http://weir.test/v1/stream/a/b%20c", "Content-Type": "Text/Plain; charset=utf-8",
		"Stream-Next-Offset": offset(4), "Stream-Closed": "", "Cache-Control": "no-store",
	})
	a = s.must(200, "PUT", "a/b%20c", "ignored", asText)
	wantHeaders(t, a, map[string]string{
		"Location": "", "Content-Type": "Text/Plain; charset=utf-8", "Stream-Next-Offset": offset(4),
	})
	a = s.must(201, "PUT", "t", "", closes)
	wantHeaders(t, a, map[string]string{
		"Location": "http://weir.test/v1/stream/t", "Content-Type": "application/octet-stream", "Stream-Closed": "true",
	})
	a = s.must(201, "PUT", "f", "", "Stream-Forked-From: /v1/stream/a/b%20c", "Stream-Fork-Offset: "+start, "Stream-Fork-Sub-Offset: 2")
	wantHeaders(t, a, map[string]string{
		"Content-Type": "Text/Plain; charset=utf-8", "Stream-Next-Offset": offset(2),
		"Stream-Forked-From": "", "Stream-Fork-Offset": "", "Stream-Fork-Sub-Offset": "",
	})
}

func TestHead(t *testing.T) {
	s := serve(t, httpapi.Options{})
	const end = "2999-01-01T01:00:00.000+01:00"
	s.must(201, "PUT", "ttl", "data", asText, "Stream-TTL: 3600")
	s.must(201, "PUT", "end", "", asJSON, "Stream-Expires-At: "+end, closes)
	a := s.must(200, "HEAD", "ttl", "")
	wantHeaders(t, a, map[string]string{
		"Content-Type": "text/plain", "Stream-Next-Offset": offset(4), "Stream-Closed": "",
		"Stream-TTL": "3600", "Stream-Expires-At": "", "Cache-Control": "no-store",
	})
	a = s.must(200, "HEAD", "end", "")
	wantHeaders(t, a, map[string]string{
		"Content-Type": "application/json", "Stream-Closed": "true", "Stream-TTL": "", "Stream-Expires-At": end,
	})
}

func TestProducerAnswers(t *testing.T) {
	s := serve(t, httpapi.Options{})
	s.must(201, "PUT", "s", "", asText)
	for _, test := range []struct {
		body   string
		seq    string
		close  bool
		status int
		want   map[string]string
	}{
		{"a", "0", false, 200, map[string]string{"Producer-Epoch": "7", "Producer-Seq": "0", "Stream-Next-Offset": offset(1)}},
		{"b", "1", false, 200, map[string]string{"Producer-Seq": "1", "Stream-Next-Offset": offset(2), "Stream-Closed": ""}},
		{"a", "0", true, 204, map[string]string{"Producer-Epoch": "7", "Producer-Seq": "1", "Stream-Closed": ""}},
		{"", "2", true, 204, map[string]string{"Producer-Seq": "2", "Stream-Closed": "true", "Stream-Next-Offset": offset(2)}},
		{"x", "2", true, 204, map[string]string{"Producer-Seq": "2", "Stream-Closed": "true", "Stream-Next-Offset": offset(2)}},
	} {
		headers := append(produced("p", "007", test.seq), asText)
		if test.close {
			headers = append(headers, "Stream-Closed: TRUE")
		}
		a := s.must(test.status, "POST", "s", test.body, headers...)
		wantHeaders(t, a, test.want)
		if a.body != "" {
			t.Errorf("body of an answer: got %q, want none", a.body)
		}
	}
}

// JSON is one array, whatever the page; text and bytes are as they were.
func TestReadBodies(t *testing.T) {
	s := serveStore(t, memstore.New(nil), &stream.Options{PageBytes: 8}, httpapi.Options{})
	s.must(201, "PUT", "json", `[1,"a,b",{"k":12345678901234567890}]`, asJSON)
	for from, want := range map[string]string{
		"-1": `[1,"a,b"]`, offset(2): `["a,b"]`, offset(8): `[{"k":12345678901234567890}]`, offset(35): `[]`, "now": `[]`,
	} {
		a := s.must(200, "GET", "json?offset="+from, "")
		if a.body != want || a.Header.Get("Content-Type") != "application/json" {
			t.Errorf("JSON from %s: got %s %s, want %s", from, a.Header.Get("Content-Type"), a.body, want)
		}
		done := from == offset(8) || from == offset(35) || from == "now"
		if got := a.Header.Get("Stream-Up-To-Date") != ""; got != done {
			t.Errorf("JSON from %s up to date: got %v, want %v", from, got, done)
		}
	}
	s.must(201, "PUT", "empty", "", asText)
	if a := s.must(200, "GET", "empty", ""); a.body != "" || a.Header.Get("Stream-Next-Offset") != start {
		t.Errorf("empty stream: got %q at %s, want nothing at the start", a.body, a.Header.Get("Stream-Next-Offset"))
	}
}

// An HTTP/1.0 client gets what it can understand.
func TestHTTP10(t *testing.T) {
	s := serve(t, httpapi.Options{})
	a := s.raw("PUT /v1/stream/s HTTP/1.0\r\n" + asText + "\r\nContent-Length: 4\r\n\r\ndata")
	if a.StatusCode != 201 {
		t.Fatalf("create: got %d %s, want 201", a.StatusCode, a.body)
	}
	wantHeaders(t, a, map[string]string{"Location": "http://localhost/v1/stream/s"})
	if a := s.raw("GET /v1/stream/s HTTP/1.0\r\n\r\n"); a.body != "data" || a.TransferEncoding != nil {
		t.Errorf("read: got %q in %v, want the data as it is", a.body, a.TransferEncoding)
	}
	wantProblem(t, s.raw("GET /v1/stream/missing HTTP/1.0\r\n\r\n"), 404, "not-found")
	s.must(204, "POST", "s", "", closes)
	w := s.dial()
	w.send("GET /v1/stream/s?offset=-1&live=sse HTTP/1.0\r\n\r\n")
	res := w.head("GET")
	b, err := io.ReadAll(res.Body)
	if err != nil || res.TransferEncoding != nil || !strings.Contains(string(b), "data:data\n") {
		t.Errorf("events: got %q in %v, %v, want them plain up to the end of the connection", b, res.TransferEncoding, err)
	}
}

func TestHealth(t *testing.T) {
	s := serve(t, httpapi.Options{})
	for _, path := range []string{"/healthz", "/readyz"} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			a := s.raw(request(method, path, ""))
			if a.StatusCode != 200 {
				t.Errorf("%s %s: got %d, want 200", method, path, a.StatusCode)
			}
			wantHeaders(t, a, map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})
		}
	}
}

func TestCrossOrigin(t *testing.T) {
	s := serve(t, httpapi.Options{Origins: []string{"https://app.test"}})
	s.must(201, "PUT", "s", "", asText)
	for origin, allowed := range map[string]string{"https://app.test": "https://app.test", "https://evil.test": ""} {
		a := s.must(200, "GET", "s", "", "Origin: "+origin)
		wantHeaders(t, a, map[string]string{"Access-Control-Allow-Origin": allowed})
		a = s.must(204, "POST", "s", "x", asText, "Origin: "+origin)
		wantHeaders(t, a, map[string]string{"Access-Control-Allow-Origin": allowed, "Stream-Next-Offset": s.do("HEAD", "s", "").Header.Get("Stream-Next-Offset")})
		a = s.must(204, "OPTIONS", "any/path", "", "Origin: "+origin, "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: if-none-match")
		wantHeaders(t, a, map[string]string{"Access-Control-Allow-Origin": allowed})
	}
}
