package changes

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/weirstreams/weir/cmd/weir/bench/frames"
)

// subscribe listens until every row has come, which heard tells, or until end. When end
// returns nobody listens any more.
func (c *commits) subscribe(ctx context.Context, url string) (heard <-chan error, end func()) {
	ctx, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		defer close(done)
		done <- c.listen(ctx, url)
	}()
	return done, func() {
		stop()
		for range done { // closed when it has ended
		}
	}
}

// listen reads the stream by SSE until every row has come, and notes how long each
// took. It returns an error when rows come twice or out of order.
func (c *commits) listen(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"?offset=-1&live=sse", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("subscribe: status %d", resp.StatusCode)
	}
	var parser frames.Parser
	buf := make([]byte, 64<<10)
	for next := 0; next < len(c.sent); {
		n, err := resp.Body.Read(buf)
		if n == 0 && err != nil {
			return fmt.Errorf("read events: %w", err)
		}
		now := int64(time.Since(c.began))
		for in := buf[:n]; ; {
			event, rest, ok, err := parser.Next(in)
			if err != nil {
				return fmt.Errorf("read events: %w", err)
			}
			if !ok {
				break
			}
			if string(event.Type) == "data" {
				if next, err = c.arrived(event.Data, next, now); err != nil {
					return err
				}
			}
			in = rest
		}
	}
	return nil
}

// keyMember begins the key in an event.
var keyMember = []byte(`"key":"`)

// arrived takes the rows in data, of which the first is to be next.
func (c *commits) arrived(data []byte, next int, now int64) (int, error) {
	for {
		_, after, found := bytes.Cut(data, keyMember)
		if !found {
			return next, nil
		}
		key, rest, _ := bytes.Cut(after, []byte{'"'})
		row, err := strconv.Atoi(string(key))
		if err != nil || row != next || row >= len(c.sent) {
			return next, fmt.Errorf("got the event of row %q, want that of row %d", key, next)
		}
		if row > 0 { // the first was there before
			c.took.Add(now - c.sent[row].Load())
		}
		next++
		data = rest
	}
}
