package e2e_test

import (
	"context"
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
		messages, err := splitMessages(batch.Data)
		if err != nil {
			return append(shown, err.Error())
		}
		shown = append(shown, messages...)
	}
}

// splitMessages cuts a page of objects that hold no others, as batch makes them.
// Every message is compared with the one that was written, so a parser would find
// no more, and under the race detector it would take most of the time.
func splitMessages(page string) ([]string, error) {
	if page == "[]" || page == "" {
		return nil, nil
	}
	inner, opened := strings.CutPrefix(page, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	if !opened || !closed {
		return nil, fmt.Errorf("page is no JSON array: %.100q and so on to %.100q", page, page[max(0, len(page)-100):])
	}
	messages := strings.SplitAfter(inner, "},")
	for i := range len(messages) - 1 {
		messages[i] = strings.TrimSuffix(messages[i], ",")
	}
	return messages, nil
}
