package httpapi

import (
	"net/http"
	"strings"
	"sync/atomic"
)

// Stats is what a Handler has done since it was made. The counts need not be of one
// instant.
type Stats struct {
	// Requests has the requests that were answered, those of one kind and status
	// together. A live reader counts when its response begins, a client that left
	// before it was answered with status 499, as with proxies.
	Requests []RequestCount
	// LivePolls and LiveSSE are the live readers now.
	LivePolls, LiveSSE int64
	// Delivered is the batches written to subscribers, each time to one of them.
	Delivered int64
	// ReadBytes is the bytes of streams in the answers to reads, those to
	// subscribers not included.
	ReadBytes int64
	// SlowReaders is how often a subscriber did not take what it was sent at once,
	// and went on by catching up from storage.
	SlowReaders int64
	// Dropped is the subscribers that were cut off because they took nothing more.
	Dropped int64
	// RateRefused and SubscribersRefused are the requests refused by a limit of
	// requests a second, and of subscribers.
	RateRefused, SubscribersRefused int64
	// Draining says that the server is about to stop.
	Draining bool
}

// RequestCount is how often requests of one kind had one status.
type RequestCount struct {
	Kind   string // one of Kinds
	Status int
	N      int64
}

// kind is what a request was for, as far as its method and query tell.
type kind int

const (
	kindCreate kind = iota
	kindAppend
	kindRead
	kindLongPoll
	kindSSE
	kindHead
	kindDelete
	kindOptions
	kindHealth
	kindOther
	kinds
)

var kindNames = [kinds]string{"create", "append", "read", "long-poll", "sse", "head", "delete", "options", "health", "other"}

// Kinds returns the kinds of requests that are told apart. The caller owns the slice.
func Kinds() []string { return append([]string(nil), kindNames[:]...) }

// clientLeft is the status of a request whose client left before it was answered.
const clientLeft = 499

const maxStatus = 600

// counters are what Stats is made of.
type counters struct {
	requests  [kinds][maxStatus]atomic.Int64
	live      [kinds]atomic.Int64 // of kindLongPoll and kindSSE
	readBytes atomic.Int64
	sent      atomic.Int64 // batches to subscribers, by their own goroutines
	dropped   atomic.Int64

	rateRefused, subscribersRefused atomic.Int64
}

// done counts a request that is being answered, and tells the observer.
func (h *Handler) done(r *http.Request, status int) {
	h.counters.requests[h.kindOf(r)][status].Add(1)
	if h.opts.Observe != nil {
		h.opts.Observe(r, status)
	}
}

func (h *Handler) kindOf(r *http.Request) kind {
	switch {
	case r.Method == http.MethodOptions:
		return kindOptions
	case !strings.HasPrefix(r.URL.Path, h.base):
		if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
			return kindHealth
		}
		return kindOther
	}
	switch r.Method {
	case http.MethodPost:
		return kindAppend
	case http.MethodGet:
		return kindOfRead(r.URL.RawQuery)
	case http.MethodPut:
		return kindCreate
	case http.MethodHead:
		return kindHead
	case http.MethodDelete:
		return kindDelete
	default:
		return kindOther
	}
}

func kindOfRead(query string) kind {
	switch {
	case strings.Contains(query, "live="+liveSSE):
		return kindSSE
	case strings.Contains(query, "live="+liveLongPoll):
		return kindLongPoll
	default:
		return kindRead
	}
}

// Stats returns what the handler has done so far.
func (h *Handler) Stats() Stats {
	c, rooms := &h.counters, h.rooms.Stats()
	s := Stats{
		LivePolls:          c.live[kindLongPoll].Load(),
		LiveSSE:            c.live[kindSSE].Load(),
		Delivered:          c.sent.Load() + rooms.Delivered,
		ReadBytes:          c.readBytes.Load(),
		SlowReaders:        rooms.Slow,
		Dropped:            c.dropped.Load(),
		RateRefused:        c.rateRefused.Load(),
		SubscribersRefused: c.subscribersRefused.Load(),
		Draining:           h.isDraining(),
	}
	for k := range c.requests {
		for status := range c.requests[k] {
			if n := c.requests[k][status].Load(); n > 0 {
				s.Requests = append(s.Requests, RequestCount{Kind: kindNames[k], Status: status, N: n})
			}
		}
	}
	return s
}

// SubscribersOf returns how many live readers a stream has, by its identity.
func (h *Handler) SubscribersOf(id uint64) int64 { return h.perStream.InUse(id) }
