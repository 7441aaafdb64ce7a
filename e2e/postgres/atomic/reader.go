package atomic

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/weirstreams/weir/e2e/internal/wire"
	"github.com/weirstreams/weir/e2e/postgres/event"
	"github.com/weirstreams/weir/e2e/postgres/fold"
)

// Mode is how a reader asks.
type Mode string

// The modes are the protocol's names.
const (
	SSE      Mode = "sse"
	LongPoll Mode = "long-poll"
)

// Judge says what is wrong with a state that a reader was told is up to date. It
// is called by one goroutine of each reader, and must not keep the state.
type Judge func(*fold.State) error

const (
	// retryPause is the wait before a reader tries again after a failure.
	retryPause = 10 * time.Millisecond
	// maxFaults bounds what a reader remembers: one fault tends to be followed by
	// others.
	maxFaults = 5
)

// Reader is one live client. Its methods may be called from any goroutine.
type Reader struct {
	client *wire.Client
	stream string
	mode   Mode
	judge  Judge
	done   chan struct{}

	// Of the reading goroutine.
	offset string
	state  fold.State
	last   event.Event // the newest live event, if there was one

	mu         sync.Mutex
	events     int     // guarded by mu
	boundaries int     // guarded by mu
	faults     []error // guarded by mu
}

// Watch starts a reader at the beginning of the stream, which need not exist yet.
// It reads until ctx ends. client must allow it a connection.
func Watch(ctx context.Context, client *wire.Client, stream string, mode Mode, judge Judge) *Reader {
	r := &Reader{
		client: client, stream: stream, mode: mode, judge: judge,
		done: make(chan struct{}), offset: "-1",
	}
	go r.run(ctx)
	return r
}

// Wait returns when the reader has ended.
func (r *Reader) Wait() { <-r.done }

// Seen returns how many events the reader was given, and how often it was told
// that it is up to date.
func (r *Reader) Seen() (events, boundaries int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.events, r.boundaries
}

// Faults returns what was wrong, the first few.
func (r *Reader) Faults() []error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]error(nil), r.faults...)
}

func (r *Reader) run(ctx context.Context) {
	defer close(r.done)
	for ctx.Err() == nil {
		// Whatever ends a read, the next one begins where it ended.
		if r.mode == SSE {
			r.follow(ctx)
		} else {
			r.poll(ctx)
		}
		select {
		case <-ctx.Done():
		case <-time.After(retryPause):
		}
	}
}

// follow reads one connection of server-sent events.
func (r *Reader) follow(ctx context.Context) {
	live, err := r.client.Follow(ctx, r.stream, r.offset)
	if err != nil {
		return
	}
	defer live.Close()
	for {
		batch, err := live.Next()
		if err != nil {
			return
		}
		r.take([]byte(batch.Data), batch.Control.StreamNextOffset, batch.Control.UpToDate)
	}
}

// poll reads pages until one fails.
func (r *Reader) poll(ctx context.Context) {
	const ok, nothingNew = 200, 204
	for {
		page, err := r.client.Do(ctx, wire.Request{
			Method: "GET", Stream: r.stream + "?live=long-poll&offset=" + url.QueryEscape(r.offset),
		})
		if err != nil || (page.Status != ok && page.Status != nothingNew) {
			return
		}
		r.take(page.Body, page.Offset(), page.UpToDate())
	}
}

// take adds a batch, and judges the state where the server calls it up to date.
func (r *Reader) take(data []byte, next string, upToDate bool) {
	events, err := parse(data)
	if err != nil {
		r.fault(err)
		return
	}
	for _, e := range events {
		if err := r.state.Apply(e); err != nil {
			r.fault(err)
		}
		if e.Live() {
			r.last = e
		}
	}
	r.offset = next
	r.count(len(events), upToDate)
	if upToDate && !r.state.Copying() {
		r.fault(r.whole())
	}
}

func parse(data []byte) ([]event.Event, error) {
	if len(data) == 0 {
		return nil, nil
	}
	var messages []json.RawMessage
	if err := json.Unmarshal(data, &messages); err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	events := make([]event.Event, len(messages))
	for i, message := range messages {
		var err error
		if events[i], err = event.Parse(message); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// whole says what is torn, if anything is.
func (r *Reader) whole() error {
	if r.last.Headers.TxID != "" && !r.last.Headers.Last {
		return fmt.Errorf("the transaction goes on after %s", r.last)
	}
	return r.judge(&r.state)
}

func (r *Reader) count(events int, upToDate bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events += events
	if upToDate {
		r.boundaries++
	}
}

func (r *Reader) fault(err error) {
	if err == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, fmt.Errorf("%s of %s, up to date at %s: %w", r.mode, r.stream, r.offset, err))
	}
}
