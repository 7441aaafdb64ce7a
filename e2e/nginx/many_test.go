package nginx_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/wire"
)

// 10,000 requests: each worker has a stream and a connection of its own, and goes
// round append, read, HEAD and a read of everything so far.
const (
	manyWorkers = 64
	manyRounds  = 40
)

// TestManyRequests wants every one of 10,000 requests answered as it should be,
// half of them by HTTP/2.
func TestManyRequests(t *testing.T) {
	t.Parallel()
	s := newStage(t, "file-fast", nil)
	clients := map[string]*wire.Client{http1: s.client(http1), http2: s.client(http2)}
	var workers sync.WaitGroup
	for w := range manyWorkers {
		workers.Go(func() {
			if err := makeRounds(t, clients[protocols[w%2]], fmt.Sprintf("many/%d", w)); err != nil {
				t.Errorf("worker %d: %v", w, err)
			}
		})
	}
	workers.Wait()
}

func makeRounds(t *testing.T, c *wire.Client, stream string) error {
	all, offset := "", "-1"
	do := func(status int, r wire.Request) (wire.Response, error) {
		resp, err := c.Do(t.Context(), r)
		if err == nil && resp.Status != status {
			err = fmt.Errorf("%s %s: got status %d, want %d: %.300s", r.Method, r.Stream, resp.Status, status, resp.Body)
		}
		return resp, err
	}
	text := wire.Header{"Content-Type": plainText}
	if _, err := do(http.StatusCreated, wire.Request{Method: http.MethodPut, Stream: stream, Header: text}); err != nil {
		return err
	}
	for n := range manyRounds {
		line := fmt.Sprintf("line %d of %s\n", n, stream)
		added, err := do(http.StatusNoContent, wire.Request{Method: http.MethodPost, Stream: stream, Header: text, Body: []byte(line)})
		if err != nil {
			return err
		}
		all += line
		head, err := do(http.StatusOK, wire.Request{Method: http.MethodHead, Stream: stream})
		if err != nil {
			return err
		}
		part, err := do(http.StatusOK, wire.Request{Method: http.MethodGet, Stream: stream + "?offset=" + offset})
		if err != nil {
			return err
		}
		whole, err := do(http.StatusOK, wire.Request{Method: http.MethodGet, Stream: stream})
		if err != nil {
			return err
		}
		offset = added.Offset()
		if string(part.Body) != line || string(whole.Body) != all || head.Offset() != offset || part.Offset() != offset {
			return fmt.Errorf("round %d: got %q up to %s, %d bytes in all and the tail %s; want %q up to %s and %d bytes",
				n, part.Body, part.Offset(), len(whole.Body), head.Offset(), line, offset, len(all))
		}
	}
	return nil
}
