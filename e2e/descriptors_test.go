package e2e_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
	"github.com/weirstreams/weir/e2e/internal/wire"
)

// liveReaders is how many readers of each kind come and go.
const liveReaders = 100

// TestReadersLeaveNoDescriptors lets readers of both live kinds come and hang
// up, and wants the server to be back to the descriptors it had.
func TestReadersLeaveNoDescriptors(t *testing.T) {
	for _, mode := range allModes {
		t.Run(mode, func(t *testing.T) {
			server := startServer(t, mode, nil)
			a := newAPI(t, server.URL())
			tail := a.create("watched", plainText, "x").Offset()
			a.text("watched")
			before := descriptors(t, server)

			comeAndGo(t, server, tail)
			awaitDescriptors(t, server, before)
		})
	}
}

// comeAndGo opens all live reads at once and drops them when the SSE ones have
// begun.
func comeAndGo(t *testing.T, server *weirtest.Server, tail string) {
	t.Helper()
	client := wire.New(server.URL(), 2*liveReaders)
	ctx, hangUp := context.WithCancel(t.Context())
	var running sync.WaitGroup
	begun := make(chan error, liveReaders)
	for range liveReaders {
		running.Go(func() {
			// Ends by the hang-up, with an error that says so.
			_, _ = client.Do(ctx, wire.Request{Method: "GET", Stream: "watched?live=long-poll&offset=" + tail})
		})
		running.Go(func() {
			live, err := client.Follow(ctx, "watched", tail)
			if err == nil {
				defer live.Close()
				_, err = live.Next()
			}
			begun <- err
			<-ctx.Done()
		})
	}
	var failed error
	for range liveReaders {
		failed = errors.Join(failed, <-begun)
	}
	if failed != nil {
		t.Errorf("SSE: %.500v", failed)
	}
	if now := descriptors(t, server); now < liveReaders {
		t.Errorf("with all readers there: got %d descriptors, want at least %d", now, liveReaders)
	}
	hangUp()
	running.Wait()
	client.Close()
}

func descriptors(t *testing.T, server *weirtest.Server) int {
	t.Helper()
	n, err := server.Descriptors()
	if err != nil {
		t.Skip(err)
	}
	return n
}

func awaitDescriptors(t *testing.T, server *weirtest.Server, want int) {
	t.Helper()
	// A data file or a connection of the test itself may be open at either time.
	const slack = 4
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var got int
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); <-tick.C {
		if got = descriptors(t, server); got <= want+slack {
			return
		}
	}
	t.Errorf("got %d descriptors after all readers left, want about %d", got, want)
}
