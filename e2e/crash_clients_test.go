package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/weirstreams/weir/e2e/internal/wire"
)

// writeUntilCrash appends the writer's batches until one gets no answer, or is
// refused.
func (r crashRound) writeUntilCrash(ctx context.Context, c *wire.Client, w int, progress func()) {
	for n := 0; ; n++ {
		resp, err := c.Do(ctx, wire.Request{
			Method: http.MethodPost,
			Stream: crashStream(w / crashWriters),
			Header: wire.Header{"Content-Type": jsonType},
			Body:   []byte("[" + strings.Join(r.batch(w, n), ",") + "]"),
		})
		if err != nil || resp.Status != http.StatusNoContent {
			r.ends[w] = fmt.Sprintf("error %v, status %d: %s", err, resp.Status, resp.Body)
			return
		}
		r.acked[w]++
		progress()
	}
}

// batch returns the messages of a writer's append number n.
func (r crashRound) batch(w, n int) []string {
	batch := make([]string, messagesOfAppend)
	for i := range batch {
		batch[i] = fmt.Sprintf(`{"writer":%q,"n":%d,"part":%d,"pad":%q}`, r.names[w], n, i, r.pad)
	}
	return batch
}

// showUntilCrash follows the stream by SSE from its start until the connection
// breaks.
func showUntilCrash(ctx context.Context, c *wire.Client, stream string) []string {
	live, err := c.Follow(ctx, stream, "-1")
	if err != nil {
		return nil
	}
	defer live.Close()
	var shown []string
	for {
		batch, err := live.Next()
		if err != nil {
			return shown
		}
		var messages []json.RawMessage
		if json.Unmarshal([]byte(batch.Data), &messages) != nil {
			continue
		}
		for _, m := range messages {
			shown = append(shown, string(m))
		}
	}
}
