package httpapi_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/stream/httpapi"
)

// A body that stops arriving is given up, and the connection with it.
func TestBodyTimeout(t *testing.T) {
	s := serve(t, httpapi.Options{BodyTimeout: 30 * time.Millisecond})
	s.must(201, "PUT", "s", "", asText)
	for name, raw := range map[string]string{
		"half a body": "POST /v1/stream/s HTTP/1.1\r\nHost: h\r\n" + asText + "\r\nContent-Length: 10\r\n\r\nhalf",
		"half a chunk": "POST /v1/stream/s HTTP/1.1\r\nHost: h\r\n" + asText +
			"\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhalf",
		"no body": "PUT /v1/stream/new HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			a := s.raw(raw)
			wantProblem(t, a, 408, "body-timeout")
			wantHeaders(t, a, map[string]string{"Connection": "close"})
		})
	}
	if a := s.do("GET", "s", ""); a.body != "" {
		t.Errorf("stream: got %q, want nothing of a half body", a.body)
	}
	if a := s.do("HEAD", "new", ""); a.StatusCode != 404 {
		t.Errorf("stream whose first body never came: got %d, want 404", a.StatusCode)
	}
}

// A client that goes away in the middle of a body leaves nothing.
func TestBodyCutOff(t *testing.T) {
	s := serve(t, httpapi.Options{})
	s.must(201, "PUT", "s", "", asText)
	w := s.dial()
	w.send("POST /v1/stream/s HTTP/1.1\r\nHost: h\r\n" + asText + "\r\nContent-Length: 10\r\n\r\nhalf")
	w.Conn.(interface{ CloseWrite() error }).CloseWrite()
	wantProblem(t, w.answer("POST"), 400, "body-incomplete")
	s.must(204, "POST", "s", "whole", asText)
	if a := s.do("GET", "s", ""); a.body != "whole" {
		t.Errorf("stream: got %q, want only the whole body", a.body)
	}
}

// A client that asks first is told to send, or that it need not.
func TestExpectContinue(t *testing.T) {
	s := serve(t, httpapi.Options{MaxAppendBytes: 100})
	s.must(201, "PUT", "s", "", asText)
	w := s.dial()
	w.send("POST /v1/stream/s HTTP/1.1\r\nHost: h\r\n" + asText + "\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
	if res := w.head("POST"); res.StatusCode != 100 {
		t.Fatalf("expectation: got %d, want 100", res.StatusCode)
	}
	w.send("hello")
	if a := w.answer("POST"); a.StatusCode != 204 {
		t.Errorf("append: got %d, want 204", a.StatusCode)
	}

	a := s.raw("POST /v1/stream/s HTTP/1.1\r\nHost: h\r\n" + asText + "\r\nExpect: 100-continue\r\nContent-Length: 101\r\n\r\n")
	wantProblem(t, a, 413, "body-too-large")
	wantHeaders(t, a, map[string]string{"Connection": "close"})

	a = s.raw("POST /v1/stream/missing HTTP/1.1\r\nHost: h\r\nProducer-Id: p\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
	wantProblem(t, a, 400, "invalid-producer") // refused without asking for the body
}

// A client that sends all of a body that is too large before it reads sees the
// answer, and not a broken connection.
func TestOversizeBodyIsAnswered(t *testing.T) {
	const limit = 10 << 20
	s := serve(t, httpapi.Options{MaxAppendBytes: limit})
	s.must(201, "PUT", "s", "", asText)
	body := bytes.Repeat([]byte("x"), limit+1<<20)
	for _, chunked := range []bool{false, true} {
		var r io.Reader = bytes.NewReader(body)
		if chunked {
			r = io.MultiReader(r) // of unknown length
		}
		req, err := http.NewRequest("POST", "http://"+s.addr+"/v1/stream/s", r)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "text/plain")
		w := s.dial()
		if err := req.Write(w); err != nil {
			t.Fatalf("send a body over the limit, chunked %v: %v", chunked, err)
		}
		wantProblem(t, w.answer("POST"), 413, "body-too-large")
		if chunked {
			w = s.dial() // see endsConn
		}
		// Otherwise the connection is as good as before.
		w.send(request("POST", "/v1/stream/s", "x", asText))
		if a := w.answer("POST"); a.StatusCode != 204 {
			t.Errorf("next append, chunked %v: got %d, want 204", chunked, a.StatusCode)
		}
	}
	if a := s.do("GET", "s", ""); a.body != "xx" {
		t.Errorf("stream: got %d bytes, want the 2 of the small appends", len(a.body))
	}
}

// A length is believed only as far as it comes.
func TestAnnouncedLengthCostsNothing(t *testing.T) {
	s := serve(t, httpapi.Options{MaxAppendBytes: 1 << 40, BodyTimeout: 30 * time.Millisecond})
	s.must(201, "PUT", "s", "", asText)
	a := s.raw("POST /v1/stream/s HTTP/1.1\r\nHost: h\r\n" + asText + "\r\nContent-Length: 1099511627775\r\n\r\nx")
	wantProblem(t, a, 408, "body-timeout")
}

func TestChunkedBodies(t *testing.T) {
	s := serve(t, httpapi.Options{})
	const chunks = "\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;ext=1\r\nllo\r\n0\r\nX-Trailer: y\r\n\r\n"
	if a := s.raw("PUT /v1/stream/s HTTP/1.1\r\nHost: h\r\n" + asText + chunks); a.StatusCode != 201 {
		t.Errorf("create: got %d %s, want 201", a.StatusCode, a.body)
	}
	if a := s.raw("POST /v1/stream/s HTTP/1.1\r\nHost: h\r\n" + asText + chunks); a.StatusCode != 204 {
		t.Errorf("append: got %d %s, want 204", a.StatusCode, a.body)
	}
	if a := s.do("GET", "s", ""); a.body != "hellohello" {
		t.Errorf("stream: got %q, want both bodies", a.body)
	}
	// An empty chunked body is no body.
	a := s.raw("POST /v1/stream/s HTTP/1.1\r\nHost: h\r\n" + closes + "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
	if a.StatusCode != 204 || !strings.EqualFold(a.Header.Get("Stream-Closed"), "true") {
		t.Errorf("close: got %d %v, want 204 and the stream closed", a.StatusCode, a.Header)
	}
}
