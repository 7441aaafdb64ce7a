package kill_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
	"github.com/weirstreams/weir/e2e/internal/wire"
	"github.com/weirstreams/weir/e2e/kill/onestream"
)

const (
	linearClients = 8
	linearEras    = 3  // a kill ends each but the last
	linearRounds  = 14 // requests of a client in an era, unless it is killed before
	linearLife    = 12 * time.Millisecond
	// verdict is how long porcupine may think about one history. It needs a few
	// milliseconds.
	verdict = 10 * time.Second
)

// TestLinearizable records histories of a few clients on a few streams, with
// kills in between, and wants an order of all requests that explains each answer.
func TestLinearizable(t *testing.T) {
	for _, mode := range append([]string{"memory"}, durableModes...) {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			cfg := weirtest.Config{Binary: weirBinary, Mode: mode, Env: linearLimits(0)}
			if mode != "memory" {
				cfg.Dir = keptDir(t, mode)
			}
			server := weirtest.Start(t, cfg)
			began, done := time.Now(), figures{}
			for n := 0; n < *histories && !t.Failed(); n++ {
				h := newLinear(t, server, mode, n)
				h.record()
				done.add(h.judge())
			}
			if server.Durable() && *histories >= 10 && done.lost == 0 {
				t.Errorf("%s: got no request without an answer: nothing is known about those", mode)
			}
			fmt.Printf("%s: %v in %.1f s (seed %d)\n", mode, done, time.Since(began).Seconds(), *seed)
		})
	}
}

// figures say what histories were made of.
type figures struct {
	histories, operations, lost int
	slowest                     time.Duration // decision
}

func (f *figures) add(g figures) {
	f.histories += g.histories
	f.operations += g.operations
	f.lost += g.lost
	f.slowest = max(f.slowest, g.slowest)
}

func (f figures) String() string {
	return fmt.Sprintf("%d histories of %d operations, %d of them without an answer, decided in at most %s",
		f.histories, f.operations, f.lost, f.slowest.Round(time.Millisecond))
}

func linearLimits(start int64) map[string]string {
	env := limits(start)
	env["DS_SERVER__LONG_POLL_TIMEOUT_SECS"] = "0.01"
	return env
}

// linear is one history in the making.
type linear struct {
	t       *testing.T
	server  *weirtest.Server
	client  *wire.Client
	mode    string
	number  int
	began   time.Time
	streams []string
	beliefs *beliefs
	bodies  counter
	dying   chan struct{} // closed when the server of this era may be dead

	mu  sync.Mutex
	ops []porcupine.Operation
}

func newLinear(t *testing.T, server *weirtest.Server, mode string, number int) *linear {
	t.Helper()
	h := &linear{
		t: t, server: server, mode: mode, number: number, began: time.Now(), beliefs: newBeliefs(),
		client: wire.New(server.URL(), linearClients),
	}
	for i := range 1 + number%3 {
		name := fmt.Sprintf("linear/%d/%d", number, i)
		resp, err := h.client.Do(t.Context(), wire.Request{
			Method: http.MethodPut, Stream: name, Header: wire.Header{"Content-Type": "text/plain"},
		})
		if err != nil || resp.Status != http.StatusCreated {
			t.Fatalf("create %s: got status %d, error %v, want 201", name, resp.Status, err)
		}
		h.streams = append(h.streams, name)
	}
	return h
}

// record lets the clients run, kills the server between eras, and ends with a
// look at everything.
func (h *linear) record() {
	defer h.client.Close()
	random := rand.New(rand.NewPCG(*seed, uint64(h.number)))
	for era := range linearEras {
		h.dying = make(chan struct{})
		var clients sync.WaitGroup
		for i := range linearClients {
			c := &linearClient{linear: h, number: i, rand: rand.New(rand.NewPCG(*seed, random.Uint64()))}
			clients.Go(c.run)
		}
		if h.server.Durable() && era < linearEras-1 {
			waitAtMost(&clients, time.Duration(random.Int64N(int64(linearLife))))
			h.crash(&clients, int64(h.number+era))
		}
		clients.Wait()
	}
	last := &linearClient{linear: h, number: linearClients}
	for _, name := range h.streams {
		last.do(onestream.Request{Stream: name, Kind: onestream.Read}, "")
	}
}

// crash kills the server and starts it again when all clients have noticed.
func (h *linear) crash(clients *sync.WaitGroup, start int64) {
	close(h.dying)
	h.server.Kill()
	clients.Wait()
	h.client.Close()
	h.server.Configure(linearLimits(start))
	h.server.Restart()
}

// waitAtMost lets clients run for a while, or until they are done.
func waitAtMost(clients *sync.WaitGroup, while time.Duration) {
	done := make(chan struct{})
	go func() {
		clients.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(while):
	}
}

// judge has porcupine decide.
func (h *linear) judge() figures {
	began := time.Now()
	settled := onestream.Settle(h.ops)
	result, info := porcupine.CheckOperationsVerbose(onestream.Model, settled, verdict)
	switch result {
	case porcupine.Unknown:
		h.t.Errorf("history %d, seed %d: porcupine came to no verdict in %s; either no order explains it, "+
			"or histories must be shorter (linearRounds):\n%s",
			h.number, *seed, verdict, onestream.Print(h.ops))
	case porcupine.Illegal:
		picture := filepath.Join(os.TempDir(), fmt.Sprintf("weir-history-%s-%d-%d.html", h.mode, *seed, h.number))
		if err := porcupine.VisualizePath(onestream.Model, info, picture); err != nil {
			h.t.Errorf("draw the history: %v", err)
		}
		h.t.Errorf("history %d, seed %d: got answers that no order of the requests explains; a picture is in %s:\n%s",
			h.number, *seed, picture, onestream.Print(h.ops))
	}
	f := figures{histories: 1, operations: len(h.ops), slowest: time.Since(began)}
	for _, op := range h.ops {
		if op.Output.(onestream.Answer).Lost {
			f.lost++
		}
	}
	return f
}
