package httpapi_test

import (
	"io"
	"sync"
	"testing"
	"time"

	"github.com/weirstreams/weir/stream/httpapi"
)

// TestDrainIsSpread: live readers of a server that stops leave one after another.
// Those that are still there miss nothing, and each is told where it stands.
func TestDrainIsSpread(t *testing.T) {
	const readers = 400 // and as many milliseconds
	eachOutlet(t, func(t *testing.T, serve func(httpapi.Options) *server) {
		s := serve(httpapi.Options{})
		s.must(201, "PUT", "s", "", asText)
		var subs []*subscription
		for range readers {
			sub := s.subscribe("s", "offset=-1")
			sub.control()
			subs = append(subs, sub)
		}
		begin := time.Now()
		s.handler.Drain(time.Hour)
		s.must(204, "POST", "s", "late", asText)
		var mu sync.Mutex
		var late, informed int
		var all sync.WaitGroup
		for _, sub := range subs {
			all.Go(func() {
				data, last := sub.rest()
				mu.Lock()
				defer mu.Unlock()
				if time.Since(begin) > readers/2*time.Millisecond {
					late++
				}
				if data == "late" && last == offset(4) {
					informed++
				} else if data != "" || last != offset(0) {
					t.Errorf("reader: got %q up to %s, want all of it or nothing", data, last)
				}
			})
		}
		all.Wait()
		if late < readers/8 {
			t.Errorf("readers that left in the second half of the time: got %d of %d, want about half", late, readers)
		}
		if informed < readers/8 {
			t.Errorf("readers that were there for the last append: got %d of %d, want most", informed, readers)
		}
	})
}

// rest reads to the end of the response, and returns the data and the position that
// the last event tells.
func (s *subscription) rest() (data, last string) {
	for {
		e, err := s.tryNext()
		if err != nil {
			if err != io.EOF {
				s.t.Errorf("end of the response: got %v, want a good one", err)
			}
			return data, last
		}
		switch e.kind {
		case "data":
			data += e.data
		case "control":
			last = e.id
		}
	}
}

// TestDrainOfLongPolls: they are spread too, and answered as if their time was up.
func TestDrainOfLongPolls(t *testing.T) {
	const readers = 100
	s := serve(t, httpapi.Options{})
	s.must(201, "PUT", "s", "x", asText)
	var polls []*wire
	for range readers {
		w := s.dial()
		w.send(request("GET", "/v1/stream/s?offset=now&live=long-poll", ""))
		polls = append(polls, w)
	}
	waitFor(t, "all wait", func() bool { return s.handler.Stats().LivePolls == readers })
	begin := time.Now()
	s.handler.Drain(time.Hour)
	late := 0
	for _, w := range polls {
		if a := w.answer("GET"); a.StatusCode != 204 || a.Header.Get("Stream-Next-Offset") != offset(1) {
			t.Errorf("long-poll of a server that stops: got %d at %q, want 204 at the tail", a.StatusCode, a.Header.Get("Stream-Next-Offset"))
		}
		if time.Since(begin) > readers/2*time.Millisecond {
			late++
		}
	}
	if late == 0 {
		t.Error("long-polls answered in the second half of the time: got none, want about half")
	}
}

// TestRetiredServerServes: between the first notice and the drain everything is as
// before, but for readiness.
func TestRetiredServerServes(t *testing.T) {
	s := serve(t, httpapi.Options{})
	s.must(201, "PUT", "s", "x", asText)
	sub := s.subscribe("s", "offset=-1")
	sub.data()
	s.handler.Retire()
	if a := s.raw(request("GET", "/readyz", "")); a.StatusCode != 503 {
		t.Errorf("readiness: got %d %s, want 503", a.StatusCode, a.body)
	}
	s.must(204, "POST", "s", "y", asText)
	if got, _ := sub.data(); got != "y" {
		t.Errorf("subscriber: got %q, want y", got)
	}
	s.subscribe("s", "offset=-1").data()
}
