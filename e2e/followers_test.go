package e2e_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/weirstreams/weir/e2e/internal/wire"
)

// follower reads a text stream in one way, from its start until it is closed,
// and returns all it was given.
type follower func(ctx context.Context, c *wire.Client, stream string) (string, error)

var followers = map[string]follower{
	"SSE":       followSSE,
	"long-poll": followLongPoll,
	"catch-up":  followCatchUp,
}

func followSSE(ctx context.Context, c *wire.Client, stream string) (string, error) {
	live, err := c.Follow(ctx, stream, "-1")
	if err != nil {
		return "", err
	}
	defer live.Close()
	var got []byte
	for {
		batch, err := live.Next()
		if err != nil {
			return string(got), err
		}
		got = append(got, batch.Data...)
		if batch.Control.StreamClosed {
			return string(got), nil
		}
	}
}

func followLongPoll(ctx context.Context, c *wire.Client, stream string) (string, error) {
	return followPages(ctx, c, stream, "&live=long-poll")
}

// followCatchUp reads again as soon as it has caught up, so that it sees the
// stream at as many moments as it can.
func followCatchUp(ctx context.Context, c *wire.Client, stream string) (string, error) {
	return followPages(ctx, c, stream, "")
}

func followPages(ctx context.Context, c *wire.Client, stream, mode string) (string, error) {
	var got []byte
	offset := "-1"
	for {
		page, err := c.Do(ctx, wire.Request{Method: http.MethodGet, Stream: stream + "?offset=" + offset + mode})
		if err != nil {
			return string(got), err
		}
		if page.Status != http.StatusOK && page.Status != http.StatusNoContent {
			return string(got), fmt.Errorf("read %s at %s: got status %d", stream, offset, page.Status)
		}
		got = append(got, page.Body...)
		if page.Closed() {
			return string(got), nil
		}
		offset = page.Offset()
	}
}
