package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
	"github.com/weirstreams/weir/e2e/internal/wire"
)

const (
	histories        = 4
	requestsOfOne    = 300
	requestsOfOneRun = 40 // between restarts, on average
	historyNames     = 7
)

// TestRandomHistories sends random requests of every kind to a few names and
// compares each answer with the model. On the durable tiers the server is stopped
// or killed now and then, which must not show.
func TestRandomHistories(t *testing.T) {
	for _, mode := range allModes {
		for seed := range uint64(histories) {
			t.Run(fmt.Sprintf("%s/seed=%d", mode, seed), func(t *testing.T) {
				h := newHistory(t, mode, seed)
				for range requestsOfOne {
					h.step()
				}
				h.checkAll()
			})
		}
	}
}

// history is a run of requests and the model that follows it.
type history struct {
	api
	server *weirtest.Server
	model  *model
	rand   *rand.Rand
	done   []string // what was done, for the report of a failure
}

func newHistory(t *testing.T, mode string, seed uint64) *history {
	t.Helper()
	vars := env{}
	if mode != "memory" && seed%2 == 1 {
		// So little that the server writes behind and checkpoints all the time.
		vars["DS_LIMITS__MAX_MEMORY_BYTES"] = "64KiB"
		// So few that forks share a shard with their sources, and some do not.
		vars["DS_STORAGE__ACID_SHARD_COUNT"] = "2"
	}
	server := startServer(t, mode, vars)
	h := &history{
		api:    newAPI(t, server.URL()),
		server: server,
		model:  newModel(),
		rand:   rand.New(rand.NewPCG(seed, 1)),
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("history:\n%s", strings.Join(h.done, "\n"))
		}
	})
	return h
}

// step does one random thing. Names are few, so that streams meet their
// predecessors and their forks.
func (h *history) step() {
	h.t.Helper()
	name := h.name()
	switch h.rand.IntN(12) {
	case 0, 1:
		h.create(name)
	case 2, 3:
		h.appendTo(name, "")
	case 4:
		h.appendTo(name, fmt.Sprintf("%02d", h.rand.IntN(100)))
	case 5, 6:
		h.produceTo(name)
	case 7:
		h.forkTo(h.name(), name)
	case 8:
		h.close(name)
	case 9:
		h.remove(name)
	default:
		h.check(name)
	}
	if h.server.Durable() && h.rand.IntN(requestsOfOneRun) == 0 {
		h.restart()
	}
}

func (h *history) name() string {
	return fmt.Sprint("history/", h.rand.IntN(historyNames))
}

func (h *history) text() string {
	return strings.Repeat(string(rune('a'+h.rand.IntN(26))), 1+h.rand.IntN(2000))
}

// send does a request that must be answered with status.
func (h *history) send(status int, method, stream string, header wire.Header, body string) wire.Response {
	h.t.Helper()
	h.done = append(h.done, fmt.Sprintf("%s %s %v %.8q: want %d", method, stream, header, body, status))
	return h.want(status, method, stream, header, body)
}

func (h *history) restart() {
	h.t.Helper()
	if h.rand.IntN(3) == 0 {
		h.done = append(h.done, "SIGTERM and restart")
		h.server.Stop()
	} else {
		h.done = append(h.done, "SIGKILL and restart")
		h.server.Kill()
	}
	h.server.Restart()
	h.checkAll()
}

func (h *history) checkAll() {
	h.t.Helper()
	for i := range historyNames {
		h.check(fmt.Sprint("history/", i))
	}
}

// check reads the whole stream, and again from a random point.
func (h *history) check(name string) {
	h.t.Helper()
	s, status := h.model.find(name)
	if status != 0 {
		h.send(status, "GET", name, nil, "")
		return
	}
	if got := h.send(200, "HEAD", name, nil, ""); got.Offset() != s.tail() || got.Closed() != s.closed {
		h.t.Fatalf("%v: got tail %q, closed %t, want %q, %t", s, got.Offset(), got.Closed(), s.tail(), s.closed)
	}
	if got := h.api.text(name); got != s.body {
		h.t.Fatalf("%v: got %d bytes that differ at byte %d", s, len(got), firstDifference([]byte(got), []byte(s.body)))
	}
	from := s.points[h.rand.IntN(len(s.points))]
	if got, want := string(h.read(name, from.offset).Bytes), s.body[from.length:]; got != want {
		h.t.Fatalf("%v from %s: got %d bytes, want %d", s, from.offset, len(got), len(want))
	}
}
