package e2e_test

import (
	"strings"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/cutproxy"
	"github.com/weirstreams/weir/e2e/internal/nodejs"
	"github.com/weirstreams/weir/e2e/internal/weirtest"
)

// The official producer's work: messages, and batches of some sixteen,
// so that there are hundreds of requests to interrupt.
const (
	producerMessages   = 10_000
	producerBatchBytes = 500
	producerInFlight   = 5
)

// killPoints are the numbers of acknowledged batches after which the server is
// killed.
var killPoints = []int{50, 150, 250, 350, 450}

type producerSummary struct {
	Batches      int
	Duplicates   int
	Gaps         int
	Failures     int
	MostInFlight int
	Errors       []string
}

type readerSummary struct {
	Numbers   []int
	Sessions  int
	Forgotten int
}

// TestProducerAndReaders lets the official idempotent producer write while
// readers of every kind follow. The producer's connections are cut while
// answers are on their way, so that it must send again what the server has
// already taken; on the durable tiers the server is killed again and again.
// Every reader must end with the same complete sequence, nothing twice.
func TestProducerAndReaders(t *testing.T) {
	nodejs.Require(t, ".")
	for _, mode := range allModes {
		t.Run(mode, func(t *testing.T) {
			server := startServer(t, mode, nil)
			proxy := cutproxy.Start(t, server.Addr(), func(conn int) int64 {
				// An answer has some 300 bytes: a few of them pass, then one is cut.
				return 5000 + 37*int64(conn%11)
			})
			checkDelivery(t, mode, server, proxy)
		})
	}
}

func checkDelivery(t *testing.T, mode string, server *weirtest.Server, proxy *cutproxy.Proxy) {
	const name = "orders"
	direct := server.URL() + "/v1/stream/" + name
	producer := nodejs.Start(t, ".", "producer.mjs", map[string]any{
		"url":        proxy.URL() + "/v1/stream/" + name,
		"count":      producerMessages,
		"batchBytes": producerBatchBytes,
		"inFlight":   producerInFlight,
	})
	producer.Await("created", patience)
	readers := map[string]*nodejs.Script{
		"SSE reader":       startReader(t, direct, "sse"),
		"long-poll reader": startReader(t, direct, "long-poll"),
	}
	if mode != "memory" {
		killRepeatedly(t, server, producer)
	}
	readers["late catch-up reader"] = startReader(t, direct, false)

	checkProducer(t, producer)
	for who, reader := range readers {
		var got readerSummary
		reader.Await("done", patience).Decode(t, &got)
		t.Logf("%s: %d sessions, %d of them forgotten by Node", who, got.Sessions, got.Forgotten)
		checkNumbers(t, who, got.Numbers)
	}
	checkNumbers(t, "plain read", numbersOf(t, newAPI(t, server.URL()).messages(name)))
}

// startReader follows url with the official client; live is "sse", "long-poll"
// or false.
func startReader(t *testing.T, url string, live any) *nodejs.Script {
	t.Helper()
	return nodejs.Start(t, ".", "reader.mjs", map[string]any{"url": url, "live": live})
}

// killRepeatedly kills and restarts the server while the producer is at work.
func killRepeatedly(t *testing.T, server *weirtest.Server, producer *nodejs.Script) {
	t.Helper()
	for _, point := range killPoints {
		producer.AwaitFunc("progress", patience, func(e nodejs.Event) bool {
			var progress struct{ Acked int }
			e.Decode(t, &progress)
			return progress.Acked >= point
		})
		server.Kill()
		server.Restart()
	}
}

// checkProducer waits for the producer and makes sure that the run was worth
// something: that requests overlapped, failed, and were sent twice.
func checkProducer(t *testing.T, producer *nodejs.Script) {
	t.Helper()
	var got producerSummary
	producer.Await("done", patience).Decode(t, &got)
	t.Logf("producer: %+v", got)
	if len(got.Errors) > 0 {
		t.Errorf("producer errors: %s", strings.Join(got.Errors, "; "))
	}
	if got.MostInFlight != producerInFlight {
		t.Errorf("got at most %d batches in flight, want %d", got.MostInFlight, producerInFlight)
	}
	if got.Failures == 0 {
		t.Error("no request failed: nothing was interrupted")
	}
	// The close is answered 204 as well, so one is no duplicate.
	if got.Duplicates < 2 {
		t.Error("no batch was sent twice: exactly-once was not put to the test")
	}
}

// checkNumbers wants exactly 0, 1, 2 and so on up to the last message.
func checkNumbers(t *testing.T, who string, got []int) {
	t.Helper()
	for i, n := range got {
		if n != i {
			t.Errorf("%s: got message %d at position %d, want %d", who, n, i, i)
			return
		}
	}
	if len(got) != producerMessages {
		t.Errorf("%s: got %d messages, want %d", who, len(got), producerMessages)
	}
}
