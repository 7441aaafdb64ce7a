package atomic

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/weirstreams/weir/e2e/internal/wire"
)

// Mode is how a reader asks.
type Mode string

// The modes are the protocol's names.
const (
	SSE      Mode = "sse"
	LongPoll Mode = "long-poll"
)

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
	done   chan struct{}

	// Of the reading goroutine.
	offset  string
	content content

	mu         sync.Mutex
	events     int     // guarded by mu
	boundaries int     // guarded by mu
	faults     []error // guarded by mu
}

// Watch starts a reader at the beginning of the stream, which need not exist yet.
// It reads until ctx ends. client must allow it a connection.
func Watch(ctx context.Context, client *wire.Client, stream string, mode Mode, judge Judge) *Reader {
	return start(ctx, client, stream, mode, &folded{judge: judge})
}

// Count is Watch for streams that are too large to be folded: all that is known of
// one is how many events of changes it has.
func Count(ctx context.Context, client *wire.Client, stream string, mode Mode, judge func(changes int) error) *Reader {
	return start(ctx, client, stream, mode, &counted{judge: judge})
}

func start(ctx context.Context, client *wire.Client, stream string, mode Mode, c content) *Reader {
	r := &Reader{client: client, stream: stream, mode: mode, done: make(chan struct{}), offset: "-1", content: c}
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

// take adds a batch, and judges what there is where the server calls it up to date.
func (r *Reader) take(data []byte, next string, upToDate bool) {
	events, err := r.content.add(data)
	r.fault(err)
	r.offset = next
	r.count(events, upToDate)
	if upToDate {
		r.fault(r.content.whole())
	}
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
