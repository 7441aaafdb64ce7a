package httpapi_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/weirstreams/weir/limits"
	"github.com/weirstreams/weir/stream/httpapi"
)

// Subscribers that wait on plain HTTP/1.1 cost no goroutine each, are told apart
// from connections that may be used again, and are missed as soon as they leave.
func TestSubscribersAreSeated(t *testing.T) {
	gauge := limits.NewGauge(0)
	s := serve(t, httpapi.Options{Subscribers: gauge, KeepAlive: time.Hour})
	s.must(201, "PUT", "s", "", asText)
	first := s.subscribe("s", "offset=-1")
	first.control()
	before := runtime.NumGoroutine()
	var all []*subscription
	for range 50 {
		sub := s.subscribe("s", "offset=-1")
		sub.control()
		all = append(all, sub)
	}
	waitFor(t, "they are seated", func() bool { return runtime.NumGoroutine() <= before+5 })
	s.must(204, "POST", "s", "x", asText)
	for _, sub := range append(all, first) {
		if got, c := sub.data(); got != "x" || !c.UpToDate {
			t.Errorf("seated subscriber: got %q, %+v, want what was appended", got, c)
		}
		sub.Close()
	}
	waitFor(t, "all have left", func() bool { return gauge.InUse() == 0 })
}

// What was sent before the connection was taken over and what comes after are one
// response.
func TestSeatsAreOneResponse(t *testing.T) {
	s := serve(t, httpapi.Options{})
	s.must(201, "PUT", "s", "before", asText)
	w := s.dial()
	w.send(request("GET", "/v1/stream/s?offset=-1&live=sse", ""))
	res := w.head("GET")
	if !res.Close || len(res.TransferEncoding) != 1 || res.TransferEncoding[0] != "chunked" {
		t.Errorf("header: got %v, closing %v, want a chunked response that ends the connection", res.TransferEncoding, res.Close)
	}
	sub := &subscription{wire: w, header: res.Header, lines: lineReader{r: res.Body}}
	sub.data()
	s.must(204, "POST", "s", "after", asText, closes)
	if got, c := sub.data(); got != "after" || !c.StreamClosed {
		t.Errorf("event: got %q, %+v, want the last", got, c)
	}
	sub.end()
	if _, err := w.r.ReadByte(); err == nil {
		t.Error("connection after the response: got a byte, want its end")
	}
}
