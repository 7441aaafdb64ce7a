package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/stream/httpapi/problem"
)

const (
	defaultListed = 100
	maxListed     = 1000 // streams in one answer, which bounds what it costs
)

// streamsHandler lists streams. It never shows what is in them.
type streamsHandler struct {
	list        func(prefix, after string, limit int) ([]stream.Listed, string, error)
	subscribers func(id uint64) int64
	log         zerolog.Logger
}

// listing is one page of the list.
type listing struct {
	Streams []listedStream `json:"streams"`
	// Next is what to go on after. A page may hold few streams, or none, and have
	// more behind it all the same; without a Next there are no more.
	Next string `json:"next,omitempty"`
}

type listedStream struct {
	Name        string `json:"name"`
	ContentType string `json:"content_type"`
	Tail        string `json:"tail"`
	Bytes       int64  `json:"bytes"`
	Closed      bool   `json:"closed"`
	ExpiresAt   string `json:"expires_at,omitempty"`
	Subscribers int64  `json:"subscribers"`
	Damaged     bool   `json:"damaged,omitempty"`
}

// ServeHTTP implements http.Handler.
func (h *streamsHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q, limit, err := listingQuery(r.URL.RawQuery)
	if err != nil {
		problem.Plain(w, http.StatusBadRequest, err.Error())
		return
	}
	streams, next, err := h.list(q.Get("prefix"), q.Get("after"), limit)
	if err != nil {
		h.refuse(w, err)
		return
	}
	page := listing{Streams: make([]listedStream, len(streams)), Next: next}
	for i, s := range streams {
		page.Streams[i] = h.describe(s)
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	if err := json.NewEncoder(w).Encode(page); err != nil {
		h.log.Debug().Err(err).Msg("a list of streams was not sent whole")
	}
}

var errListingQuery = errors.New("the query takes prefix, after, and limit, each once; limit is a number from 1 to " + strconv.Itoa(maxListed))

// listingQuery reads prefix, after and limit. Anything else would be a misspelling
// of one of them.
func listingQuery(raw string) (q url.Values, limit int, err error) {
	q, err = url.ParseQuery(raw)
	if err != nil {
		return nil, 0, errListingQuery
	}
	limit = defaultListed
	for name, values := range q {
		switch {
		case len(values) != 1:
			return nil, 0, errListingQuery
		case name == "prefix", name == "after":
		case name == "limit":
			limit, err = strconv.Atoi(values[0])
			if err != nil || limit < 1 || limit > maxListed {
				return nil, 0, errListingQuery
			}
		default:
			return nil, 0, errListingQuery
		}
	}
	return q, limit, nil
}

// refuse answers when there is no list. Operators learn the reason.
func (h *streamsHandler) refuse(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	if refusal, ok := errors.AsType[*stream.Error](err); ok && refusal.Code == stream.CodeUnavailable {
		status = http.StatusServiceUnavailable
	}
	h.log.Error().Err(err).Msg("list streams")
	problem.Plain(w, status, err.Error())
}

func (h *streamsHandler) describe(s stream.Listed) listedStream {
	if s.Damaged {
		return listedStream{Name: s.Name, Damaged: true}
	}
	l := listedStream{
		Name:        s.Name,
		ContentType: s.ContentType,
		Tail:        s.Tail.String(),
		Bytes:       s.Bytes,
		Closed:      s.Closed,
		Subscribers: h.subscribers(s.ID),
	}
	if !s.Expires.IsZero() {
		l.ExpiresAt = s.Expires.Format(time.RFC3339Nano)
	}
	return l
}
