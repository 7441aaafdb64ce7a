package e2e_test

import (
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/wire"
)

// TestDrainDelay: a server that was told to stop says so to load balancers at once,
// and serves whoever still comes for as long as it was told to.
func TestDrainDelay(t *testing.T) {
	const delay = 3 * time.Second
	server := startServer(t, "file-durable", env{"DS_SERVER__DRAIN_DELAY_SECS": "3"})
	a := newAPI(t, server.URL())
	tail := a.create("s", plainText, "x").Offset()
	live := follow(t, a, "s", tail)

	begin := time.Now()
	server.Terminate()
	awaitUnready(t, server.URL())
	if c, err := net.Dial("tcp", server.Addr()); err != nil {
		t.Errorf("new connection: got %v, want one", err)
	} else {
		c.Close()
	}
	// newAPI's connections may be kept ones; this one is new.
	late := newAPI(t, server.URL())
	tail = late.append("s", plainText, "late").Offset()
	if batch, err := live.Next(); err != nil || batch.Control.StreamNextOffset != tail {
		t.Errorf("reader during the delay: got %+v, %v, want what was appended, up to %s", batch.Control, err, tail)
	}
	checkFinalControl(t, live, tail)
	if took := time.Since(begin); took < delay {
		t.Errorf("live reads ended after %s, want them to last for the %s", took, delay)
	}
	server.Wait()
	if c, err := net.Dial("tcp", server.Addr()); err == nil {
		c.Close()
		t.Error("connection to a server that has ended: got one")
	}
}

// TestDrainSpreadsSubscribers: a server with nothing but subscribers has no request to
// wait for, and still lets them go one after another.
func TestDrainSpreadsSubscribers(t *testing.T) {
	const readers = 300 // and as many milliseconds
	server := startServer(t, "memory", nil)
	a := api{t, wire.New(server.URL(), readers+16)}
	t.Cleanup(a.client.Close)
	tail := a.create("s", plainText, "x").Offset()
	lives := make([]*wire.Live, readers)
	for i := range lives {
		lives[i] = follow(t, a, "s", tail)
	}
	begin := time.Now()
	server.Terminate()
	for _, live := range lives {
		checkFinalControl(t, live, tail)
	}
	if took, least := time.Since(begin), readers/2*time.Millisecond; took < least {
		t.Errorf("the last subscriber was ended after %s, want %s at least", took, least)
	}
	server.Wait()
}

// awaitUnready returns when /readyz says that no more requests should come.
func awaitUnready(t *testing.T, url string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		resp, err := http.Get(url + "/readyz")
		if err != nil {
			t.Fatalf("readiness of a server that was told to stop: %v", err)
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusServiceUnavailable {
			return
		}
	}
	t.Fatal("readiness of a server that was told to stop: still 200")
}
