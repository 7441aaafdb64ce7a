package httpapi

import (
	"net/http"
	"time"

	"github.com/weirstreams/weir/stream"
)

// admit opens a live reader, if the server and the stream have a place for one
// more. Whoever gets one calls dismiss, once.
func (h *Handler) admit(name string, q query) (*stream.Reader, error) {
	if !h.opts.Subscribers.Acquire() {
		return nil, h.crowded("too-many-subscribers", "the server has")
	}
	rd, err := h.engine.Read(name, q.at, true)
	if err == nil && !h.perStream.Acquire(rd.ID()) {
		rd.Close()
		err = h.crowded("too-many-stream-subscribers", "the stream has")
	}
	if err != nil {
		h.opts.Subscribers.Release()
		return nil, err
	}
	h.counters.live[liveKinds[q.live]].Add(1)
	return rd, nil
}

// dismiss closes a live reader and gives its place back.
func (h *Handler) dismiss(rd *stream.Reader, live string) {
	h.counters.live[liveKinds[live]].Add(-1)
	h.perStream.Release(rd.ID())
	h.opts.Subscribers.Release()
	rd.Close()
}

var liveKinds = map[string]kind{liveSSE: kindSSE, liveLongPoll: kindLongPoll}

// retryLive is when a live reader that found no place may look for one again.
const retryLive = 5 * time.Second

func (h *Handler) crowded(slug, who string) *problem {
	h.counters.subscribersRefused.Add(1)
	return &problem{
		status: http.StatusTooManyRequests, slug: slug, retryAfter: retryLive,
		detail: who + " reached its number of live readers; come back after Retry-After seconds",
	}
}
