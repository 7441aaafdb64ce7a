package e2e_test

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/wire"
)

const (
	writers         = 200
	appendsOfWriter = 20
	manyStreams     = 1000
)

// ack is an acknowledged append: what was written and the tail after it.
type ack struct {
	stream string
	offset string
	record string
}

// TestConcurrentWritersOnOneStream lets 200 writers append to one stream while
// readers of every kind follow. Nothing may be lost, and the acknowledged
// offsets, the bytes and every reader must agree on the order.
func TestConcurrentWritersOnOneStream(t *testing.T) {
	for _, mode := range allModes {
		t.Run(mode, func(t *testing.T) {
			server := startServer(t, mode, nil)
			a := newAPI(t, server.URL())
			a.create("shared", plainText, "")
			seen := startFollowers(t, server.URL(), "shared")
			acks := writeConcurrently(t, server.URL(), func(int, int) string { return "shared" })
			a.want(204, "POST", "shared", closing, "")

			content := a.text("shared")
			checkOrder(t, "shared", content, acks)
			for range followers {
				got := <-seen
				if got.err != nil || got.text != content {
					t.Errorf("%s reader: got %d bytes (error %v), want the stream's %d; they differ at byte %d",
						got.who, len(got.text), got.err, len(content),
						firstDifference([]byte(got.text), []byte(content)))
				}
			}
		})
	}
}

// TestConcurrentWritersOnManyStreams spreads 200 writers over 1,000 streams, so
// that every stream has several.
func TestConcurrentWritersOnManyStreams(t *testing.T) {
	for _, mode := range allModes {
		t.Run(mode, func(t *testing.T) {
			server := startServer(t, mode, nil)
			a := newAPI(t, server.URL())
			name := func(i int) string { return fmt.Sprintf("many/%d", i%manyStreams) }
			for i := range manyStreams {
				a.create(name(i), plainText, "")
			}
			acks := writeConcurrently(t, server.URL(), func(writer, n int) string {
				return name(writer*7 + n*53)
			})
			byStream := make(map[string][]ack)
			for _, k := range acks {
				byStream[k.stream] = append(byStream[k.stream], k)
			}
			for i := range manyStreams {
				checkOrder(t, name(i), a.text(name(i)), byStream[name(i)])
			}
		})
	}
}

type sighting struct {
	who  string
	text string
	err  error
}

// startFollowers follows the stream in every way at once.
func startFollowers(t *testing.T, origin, stream string) <-chan sighting {
	t.Helper()
	client := wire.New(origin, len(followers))
	t.Cleanup(client.Close)
	seen := make(chan sighting, len(followers))
	for who, follow := range followers {
		go func() {
			text, err := follow(t.Context(), client, stream)
			seen <- sighting{who, text, err}
		}()
	}
	return seen
}

// writeConcurrently runs all writers to their end and returns their
// acknowledged appends, each writer's in order. target names the stream for
// append number n of a writer.
func writeConcurrently(t *testing.T, origin string, target func(writer, n int) string) []ack {
	t.Helper()
	client := wire.New(origin, writers)
	defer client.Close()
	acks := make([][]ack, writers)
	errs := make([]error, writers)
	var running sync.WaitGroup
	for w := range writers {
		running.Go(func() { acks[w], errs[w] = writeAll(t.Context(), client, w, target) })
	}
	running.Wait()
	for w, err := range errs {
		if err != nil {
			t.Fatalf("writer %d: %v", w, err)
		}
	}
	return slices.Concat(acks...)
}

func writeAll(ctx context.Context, c *wire.Client, writer int, target func(writer, n int) string) ([]ack, error) {
	var acks []ack
	for n := range appendsOfWriter {
		stream, record := target(writer, n), fmt.Sprintf("writer %d: %d\n", writer, n)
		resp, err := c.Do(ctx, wire.Request{
			Method: http.MethodPost,
			Stream: stream,
			Header: wire.Header{"Content-Type": plainText},
			Body:   []byte(record),
		})
		if err != nil {
			return acks, err
		}
		if resp.Status != http.StatusNoContent {
			return acks, fmt.Errorf("append to %s: got status %d, want 204: %s", stream, resp.Status, resp.Body)
		}
		acks = append(acks, ack{stream, resp.Offset(), record})
	}
	return acks, nil
}

// checkOrder wants the stream to be exactly the acknowledged records, in the
// order of their offsets, and each writer's records in the order it wrote them.
func checkOrder(t *testing.T, stream, content string, acks []ack) {
	t.Helper()
	last := make(map[string]string)
	for _, k := range acks {
		writer, _, _ := strings.Cut(k.record, ":")
		if k.offset <= last[writer] {
			t.Errorf("%s: %s got offset %q after %q, want a greater one", stream, writer, k.offset, last[writer])
		}
		last[writer] = k.offset
	}
	sorted := slices.SortedStableFunc(slices.Values(acks), func(a, b ack) int {
		return cmp.Compare(a.offset, b.offset)
	})
	var want strings.Builder
	for i, k := range sorted {
		if i > 0 && k.offset == sorted[i-1].offset {
			t.Errorf("%s: got offset %q for two appends", stream, k.offset)
		}
		want.WriteString(k.record)
	}
	if content != want.String() {
		t.Errorf("%s: got %d bytes, want the %d acknowledged in the order of their offsets; they differ at byte %d",
			stream, len(content), want.Len(), firstDifference([]byte(content), []byte(want.String())))
	}
}
