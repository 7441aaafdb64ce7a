package nginx_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/wire"
)

// quiet is longer than the minute after which nginx gives up unless told
// otherwise.
const quiet = 65 * time.Second

// TestQuietStreams lets live reads wait for longer than nginx's default timeout:
// a long-poll, SSE with the keep-alives that the server sends, and SSE without
// any, which only nginx.conf keeps alive.
func TestQuietStreams(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for more than a minute")
	}
	t.Parallel()
	for name, keepalive := range map[string]string{"keep-alive": "15", "silence": "100"} {
		s := newStage(t, "memory", env{
			"DS_SERVER__SSE_RECONNECT_INTERVAL_SECS": "0",
			"DS_SERVER__SSE_KEEPALIVE_SECS":          keepalive,
			"DS_SERVER__LONG_POLL_TIMEOUT_SECS":      "65",
		})
		for _, protocol := range protocols {
			t.Run(name+"/SSE/"+protocol, func(t *testing.T) {
				t.Parallel()
				checkQuietSSE(s.with(t), s.with(t).client(protocol), protocol[5:6])
			})
			t.Run(name+"/long-poll/"+protocol, func(t *testing.T) {
				t.Parallel()
				checkQuietPoll(s.with(t), protocol)
			})
		}
	}
}

func checkQuietSSE(s stage, c *wire.Client, stream string) {
	s.t.Helper()
	s.create(c, stream, jsonType, "")
	live := s.follow(c, stream)
	if _, err := live.Next(); err != nil {
		s.t.Fatalf("the first event: %v", err)
	}
	time.Sleep(quiet)
	begin := time.Now()
	s.append(c, stream, jsonType, `["late"]`)
	batch, err := nextData(live)
	if err != nil || batch.Data != `["late"]` {
		s.t.Fatalf("after %s of silence: got %q, error %v, want the event", quiet, batch.Data, err)
	}
	if took := time.Since(begin); took > late {
		s.t.Errorf("after %s of silence the event took %s, want at most %s", quiet, took, late)
	}
}

func checkQuietPoll(s stage, protocol string) {
	s.t.Helper()
	stream := "polled-" + protocol[5:6]
	s.create(s.client(protocol), stream, jsonType, "")
	client := &http.Client{Transport: s.transport(protocol)}
	s.t.Cleanup(client.CloseIdleConnections)
	begin := time.Now()
	resp, err := client.Get(s.proxy.URL() + "/v1/stream/" + stream + "?offset=now&live=long-poll")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body)
	took := time.Since(begin)
	if resp.StatusCode != http.StatusNoContent || resp.Proto != protocol || took < 64*time.Second {
		s.t.Errorf("got status %d by %s after %s, want 204 by %s after 65s", resp.StatusCode, resp.Proto, took, protocol)
	}
}
