package httpapi_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/limits"
	"github.com/weirstreams/weir/stream/httpapi"
)

// A subscriber that reads nothing loses its connection; neither the writer nor
// another subscriber waits for it.
func TestSlowSubscriberIsCutOff(t *testing.T) {
	eachOutlet(t, func(t *testing.T, serve func(httpapi.Options) *server) {
		gauge := limits.NewGauge(0)
		s := serve(httpapi.Options{WriteTimeout: 50 * time.Millisecond, Subscribers: gauge})
		s.must(201, "PUT", "s", "", asText)
		slow := s.dial()
		slow.Conn.(*net.TCPConn).SetReadBuffer(4096)
		slow.send(request("GET", "/v1/stream/s?offset=-1&live=sse", ""))
		waitFor(t, "the slow one is there", func() bool { return gauge.InUse() == 1 })
		quick := s.subscribe("s", "offset=-1")
		quick.control()

		chunk := strings.Repeat("x", 1<<20)
		read := 0
		for range 16 { // more than the kernel holds for a connection
			s.must(204, "POST", "s", chunk, asText)
			for up := false; !up; { // one event, or several if it was slow itself
				got, c := quick.data()
				read, up = read+len(got), c.UpToDate
			}
		}
		if read != 16<<20 {
			t.Errorf("quick subscriber: got %d bytes, want all %d", read, 16<<20)
		}
		waitFor(t, "the slow one is cut off", func() bool { return gauge.InUse() == 1 })
		st := s.handler.Stats()
		if st.Dropped != 1 {
			t.Errorf("subscribers counted as cut off: got %d, want 1", st.Dropped)
		}
		if seated := !s.unseated; seated != (st.SlowReaders > 0) {
			t.Errorf("subscribers counted as slow: got %d, want some: %v", st.SlowReaders, seated)
		}
		s.must(204, "POST", "s", "end", asText, closes)
		if got, c := quick.data(); got != "end" || !c.StreamClosed {
			t.Errorf("quick subscriber: got %q, %+v, want the end", got, c)
		}
	})
}
