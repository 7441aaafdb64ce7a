package e2e_test

import (
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
	"github.com/weirstreams/weir/e2e/internal/wire"
)

// snapshot is everything a stream shows of itself.
type snapshot struct {
	Status      int
	ContentType string
	Offset      string
	Closed      string
	TTL         string
	ExpiresAt   string
	Body        string
}

func takeSnapshot(a api, stream string) snapshot {
	a.t.Helper()
	head := a.do("HEAD", stream, nil, "")
	s := snapshot{
		Status:      head.Status,
		ContentType: head.Header.Get("Content-Type"),
		Offset:      head.Offset(),
		Closed:      head.Header.Get("Stream-Closed"),
		TTL:         head.Header.Get("Stream-TTL"),
		ExpiresAt:   head.Header.Get("Stream-Expires-At"),
	}
	if s.Status == 200 {
		s.Body = a.text(stream)
	}
	return s
}

// TestStateSurvives puts streams into every state the protocol knows and then
// kills, stops and kills the server again. After each of these nothing may have
// changed, neither what a stream shows nor which requests it refuses; at the
// end, every stream must go on from where it was.
func TestStateSurvives(t *testing.T) {
	for _, mode := range durableModes {
		t.Run(mode, func(t *testing.T) {
			server := startServer(t, mode, nil)
			a := newAPI(t, server.URL())
			streams := arrangeStates(a)
			expiring := arrangeExpiring(a)
			want := snapshots(a, streams)

			checkStates(t, "at first", a, want)
			for _, end := range []struct {
				name string
				end  func()
			}{
				{"after SIGKILL", server.Kill},
				{"after SIGTERM", server.Stop},
				{"after a second SIGKILL", server.Kill},
			} {
				end.end()
				server.Restart()
				checkStates(t, end.name, a, want)
			}
			if t.Failed() {
				return
			}
			checkExpired(a, expiring)
			continueStates(a, want)
			checkContinuedSurvives(a, server, streams)
		})
	}
}

func snapshots(a api, streams []string) map[string]snapshot {
	a.t.Helper()
	all := make(map[string]snapshot, len(streams))
	for _, stream := range streams {
		all[stream] = takeSnapshot(a, stream)
	}
	return all
}

func checkStates(t *testing.T, when string, a api, want map[string]snapshot) {
	t.Helper()
	t.Run(when, func(t *testing.T) {
		a := a.with(t)
		for stream, w := range want {
			if got := takeSnapshot(a, stream); got != w {
				t.Errorf("%s: got %s, want %s", stream, brief(got), brief(w))
			}
		}
		for _, p := range stateProbes() {
			p.check(a, want[p.stream].Offset)
		}
	})
}

// checkContinuedSurvives makes sure that what was done after a recovery is as
// safe as what was done before it.
func checkContinuedSurvives(a api, server *weirtest.Server, streams []string) {
	a.t.Helper()
	want := snapshots(a, streams)
	server.Kill()
	server.Restart()
	for _, stream := range streams {
		if got := takeSnapshot(a, stream); got != want[stream] {
			a.t.Errorf("%s after it was continued and the server killed: got %s, want %s",
				stream, brief(got), brief(want[stream]))
		}
	}
}

// arrangeExpiring makes streams whose time runs out, at the latest while the
// server is down or soon after.
func arrangeExpiring(a api) []string {
	a.t.Helper()
	soon := time.Now().Add(1500 * time.Millisecond).UTC().Format("2006-01-02T15:04:05.000Z")
	a.want(201, "PUT", "expires-at", wire.Header{"Content-Type": plainText, "Stream-Expires-At": soon}, "old")
	a.want(201, "PUT", "expires-ttl", wire.Header{"Content-Type": plainText, "Stream-TTL": "1"}, "old")
	return []string{"expires-at", "expires-ttl"}
}

// checkExpired waits until the streams are gone, without renewing them, and
// uses their names again.
func checkExpired(a api, streams []string) {
	a.t.Helper()
	for _, stream := range streams {
		awaitStatus(a, 404, stream)
		a.create(stream, octets, "new")
		if got := a.text(stream); got != "new" {
			a.t.Errorf("%s after it expired and was made again: got %q, want %q", stream, got, "new")
		}
	}
}

// awaitStatus asks by HEAD, which renews nothing, until the status is the
// wanted one.
func awaitStatus(a api, status int, stream string) {
	a.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var got int
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		if got = a.do("HEAD", stream, nil, "").Status; got == status {
			return
		}
	}
	a.t.Fatalf("HEAD %s: got status %d for %s, want %d", stream, got, patience, status)
}
