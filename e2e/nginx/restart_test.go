package nginx_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/nodejs"
)

const (
	restarts = 20
	// betweenRestarts lets SSE connections last for more than a second: when three
	// in a row do not, the official client takes SSE to be impossible.
	betweenRestarts = 1800 * time.Millisecond
	// batchesPerRestart is how many appends must have been acknowledged for each
	// restart, or the load was none. Some 200 are written meanwhile.
	batchesPerRestart = 20
	everyMs           = 8
)

// restartWriter is one stream's writer.
type restartWriter struct {
	stream   string
	inFlight int
	ownRetry bool
}

// TestRestarts stops the server by SIGTERM and starts it again, 20 times, while
// the official client writes and reads through nginx. Everything that is written
// is there once and in order; each reader sees all of it in one session, so none
// of its errors has reached the application.
func TestRestarts(t *testing.T) {
	if testing.Short() {
		t.Skip("restarts the server for half a minute")
	}
	t.Parallel()
	nodejs.Require(t, nodeDir)
	s := newStage(t, "file-durable", nil)
	// The first writes with nothing but what the client brings along, the second
	// has several batches on their way.
	writers := []restartWriter{{"one-by-one", 1, true}, {"pipelined", 5, false}}
	stop := filepath.Join(t.TempDir(), "stop")
	producers := make([]*nodejs.Script, len(writers))
	for i, w := range writers {
		producers[i] = s.produce(w, stop)
		producers[i].Await("created", patience)
	}
	readers := map[string]map[string]*nodejs.Script{
		"one-by-one": {"SSE": s.readBy("one-by-one", "sse"), "long-poll": s.readBy("one-by-one", "long-poll")},
		"pipelined":  {"SSE": s.readBy("pipelined", "sse")},
	}
	s.restartUnderLoad(producers[0])
	if err := os.WriteFile(stop, nil, 0o600); err != nil {
		t.Fatal(err)
	}

	for i, w := range writers {
		written := checkProducer(t, w.stream, producers[i])
		for how, reader := range readers[w.stream] {
			checkReader(t, w.stream+" by "+how, reader, written)
		}
		checkNumbers(t, w.stream+" as it is", s.numbers(w.stream), written)
	}
}

func (s stage) produce(w restartWriter, stop string) *nodejs.Script {
	s.t.Helper()
	return nodejs.Start(s.t, nodeDir, "producer.mjs", map[string]any{
		"url": s.proxy.URL() + "/v1/stream/" + w.stream, "insecure": true,
		"count": 1_000_000, "stopFile": stop, "everyMs": everyMs, "batchBytes": 1 << 16,
		"inFlight": w.inFlight, "ownRetry": w.ownRetry,
	})
}

func (s stage) readBy(stream, live string) *nodejs.Script {
	s.t.Helper()
	return nodejs.Start(s.t, nodeDir, "reader.mjs", map[string]any{
		"url": s.proxy.URL() + "/v1/stream/" + stream, "insecure": true, "live": live,
	})
}

// restartUnderLoad restarts the server again and again, while the producer comes
// further. Stop wants the exit status to be 0.
func (s stage) restartUnderLoad(producer *nodejs.Script) {
	s.t.Helper()
	for n := range restarts {
		time.Sleep(betweenRestarts)
		producer.AwaitFunc("progress", patience, func(e nodejs.Event) bool {
			var progress struct{ Acked int }
			e.Decode(s.t, &progress)
			return progress.Acked >= (n+1)*batchesPerRestart
		})
		s.server.Stop()
		s.server.Restart()
	}
}

// checkProducer returns how many messages were written.
func checkProducer(t *testing.T, stream string, producer *nodejs.Script) int {
	t.Helper()
	var got struct {
		Written, Batches, Duplicates, Gaps, Failures int
		Errors                                       []string
	}
	producer.Await("done", patience).Decode(t, &got)
	t.Logf("writer of %s: %+v", stream, got)
	if len(got.Errors) > 0 {
		t.Errorf("writer of %s: got errors %q, want none", stream, got.Errors)
	}
	if got.Failures < restarts/2 {
		t.Errorf("writer of %s: got %d requests that failed: the restarts were hardly noticed", stream, got.Failures)
	}
	return got.Written
}

func checkReader(t *testing.T, who string, reader *nodejs.Script, written int) {
	t.Helper()
	var got struct {
		Numbers             []int
		Sessions, Forgotten int
	}
	reader.Await("done", patience).Decode(t, &got)
	checkNumbers(t, who, got.Numbers, written)
	if got.Sessions != 1 || got.Forgotten != 0 {
		t.Errorf("%s: got %d sessions, %d of them forgotten, want one that never ends", who, got.Sessions, got.Forgotten)
	}
}

// numbers reads the n of every message of a stream.
func (s stage) numbers(stream string) []int {
	s.t.Helper()
	messages, _, err := s.client(http2).ReadMessages(s.t.Context(), stream, "-1")
	if err != nil {
		s.t.Fatal(err)
	}
	numbers := make([]int, len(messages))
	for i, m := range messages {
		var message struct{ N int }
		if err := json.Unmarshal(m, &message); err != nil {
			s.t.Fatalf("message %d: %v: %s", i, err, m)
		}
		numbers[i] = message.N
	}
	return numbers
}
