package e2e_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
	"github.com/weirstreams/weir/e2e/internal/wire"
)

// TestShutdownEndsLiveReads stops a server that has readers waiting: the
// long-poll must be answered, the SSE connection ended after a control event,
// and the process gone long before its patience is up.
func TestShutdownEndsLiveReads(t *testing.T) {
	for _, mode := range allModes {
		t.Run(mode, func(t *testing.T) {
			cfg := operable(t, mode, "")
			if mode != "memory" {
				cfg.Dir = t.TempDir()
			}
			server := weirtest.Start(t, cfg)
			a := newAPI(t, server.URL())
			tail := a.create("waiting", plainText, "x").Offset()

			polled := make(chan error, 1)
			var answer wire.Response
			go func() {
				var err error
				answer, err = a.client.Do(context.Background(), wire.Request{
					Method: "GET",
					Stream: "waiting?live=long-poll&offset=" + tail,
				})
				polled <- err
			}()
			admin{t: t, addr: cfg.Env["DS_ADMIN__LISTEN"]}.awaitReader("waiting")
			live := follow(t, a, "waiting", tail)
			begin := time.Now()
			server.Stop()

			if took := time.Since(begin); took > 10*time.Second {
				t.Errorf("the server took %s to stop, want it to end live reads at once", took)
			}
			if err := <-polled; err != nil || answer.Status != 204 || !answer.UpToDate() {
				t.Errorf("long-poll: got status %d (error %v), want 204 and up to date", answer.Status, err)
			}
			checkFinalControl(t, live, tail)
		})
	}
}

// follow opens an SSE connection and waits for the first control event.
func follow(t *testing.T, a api, stream, offset string) *wire.Live {
	t.Helper()
	live, err := a.client.Follow(t.Context(), stream, offset)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(live.Close)
	if _, err := live.Next(); err != nil {
		t.Fatalf("first control event: %v", err)
	}
	return live
}

func checkFinalControl(t *testing.T, live *wire.Live, tail string) {
	t.Helper()
	batch, err := live.Next()
	if err != nil {
		t.Errorf("SSE: got %v, want a final control event", err)
		return
	}
	if batch.Control.StreamNextOffset != tail || batch.Control.StreamClosed {
		t.Errorf("SSE: got final control %+v, want offset %s of an open stream", batch.Control, tail)
	}
	if _, err := live.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("SSE after the final control event: got %v, want a clean end", err)
	}
}
