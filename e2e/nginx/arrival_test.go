package nginx_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/wire"
)

const (
	// arrivals is how many events are timed in each way of reading.
	arrivals = 120
	// soon is what nearly all of them may take, and late what none may exceed on
	// a machine that does other things as well.
	soon = 100 * time.Millisecond
	late = time.Second
)

// follower waits for what comes behind an offset, and returns it with the offset
// after it.
type follower func(ctx context.Context, offset string) (data, next string, err error)

// TestEventsArrive appends one event after another, each when the one before has
// arrived, in every way of reading and both protocols. A proxy that buffers
// would hold the first until it has more.
func TestEventsArrive(t *testing.T) {
	s := newStage(t, "memory", nil)
	for _, protocol := range protocols {
		for how, start := range map[string]func(stage, *wire.Client, string) follower{
			"catch-up": catchUp, "long-poll": longPoll, "SSE": sse,
		} {
			t.Run(protocol+"/"+how, func(t *testing.T) {
				s := s.with(t)
				reader, writer := s.client(protocol), s.client(protocol)
				stream := fmt.Sprintf("arrive-%s-%s", protocol[5:6], how)
				offset := s.create(writer, stream, jsonType, "").Offset()
				checkArrivals(t, timeArrivals(s, writer, stream, offset, start(s, reader, stream)))
			})
		}
	}
}

// timeArrivals returns how long each event took from before its append was sent.
func timeArrivals(s stage, writer *wire.Client, stream, offset string, next follower) []time.Duration {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	took := make([]time.Duration, arrivals)
	for i := range took {
		event := fmt.Sprintf("[%d]", i)
		begin := time.Now()
		s.append(writer, stream, jsonType, event)
		data, after, err := next(ctx, offset)
		took[i] = time.Since(begin)
		if err != nil || data != event {
			s.t.Fatalf("event %d: got %q, error %v, want %q", i, data, err, event)
		}
		offset = after
	}
	return took
}

func checkArrivals(t *testing.T, took []time.Duration) {
	t.Helper()
	slices.Sort(took)
	p95, worst := took[len(took)*95/100], took[len(took)-1]
	t.Logf("median %s, 95 %% within %s, worst %s", took[len(took)/2], p95, worst)
	if p95 > soon || worst > late {
		t.Errorf("got 95 %% within %s and the last after %s, want %s and %s", p95, worst, soon, late)
	}
}

func catchUp(_ stage, c *wire.Client, stream string) follower {
	return func(ctx context.Context, offset string) (string, string, error) {
		resp, err := c.Do(ctx, wire.Request{Method: http.MethodGet, Stream: stream + "?offset=" + offset})
		return string(resp.Body), resp.Offset(), err
	}
}

// longPoll asks for the next event before there is one.
func longPoll(_ stage, c *wire.Client, stream string) follower {
	type answer struct {
		resp wire.Response
		err  error
	}
	ask := func(ctx context.Context, offset, cursor string) chan answer {
		came := make(chan answer, 1)
		go func() {
			resp, err := c.Do(ctx, wire.Request{
				Method: http.MethodGet,
				Stream: stream + "?offset=" + offset + "&live=long-poll&cursor=" + cursor,
			})
			came <- answer{resp, err}
		}()
		return came
	}
	var waiting chan answer
	return func(ctx context.Context, offset string) (string, string, error) {
		if waiting == nil {
			waiting = ask(ctx, offset, "")
		}
		a := <-waiting
		if a.err != nil {
			return "", "", a.err
		}
		waiting = ask(ctx, a.resp.Offset(), a.resp.Header.Get("Stream-Cursor"))
		return string(a.resp.Body), a.resp.Offset(), nil
	}
}

func sse(s stage, c *wire.Client, stream string) follower {
	s.t.Helper()
	live := s.follow(c, stream)
	return func(context.Context, string) (string, string, error) {
		batch, err := nextData(live)
		return batch.Data, batch.Control.StreamNextOffset, err
	}
}

// follow opens an SSE connection from the start of a stream, which ends with the
// test.
func (s stage) follow(c *wire.Client, stream string) *wire.Live {
	s.t.Helper()
	live, err := c.Follow(s.t.Context(), stream, "-1")
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(live.Close)
	return live
}

// nextData skips events that only say where the reader is.
func nextData(live *wire.Live) (wire.Batch, error) {
	for {
		batch, err := live.Next()
		if err != nil || batch.Data != "" {
			return batch, err
		}
	}
}
