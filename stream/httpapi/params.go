package httpapi

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/stream"
)

// single returns the value of a header that may be sent at most once.
func single(h http.Header, name string) (value string, present bool, err error) {
	switch v := h[name]; len(v) {
	case 0:
		return "", false, nil
	case 1:
		return v[0], true, nil
	default:
		return "", false, bad("repeated-header", "the header "+name+" must not be sent more than once")
	}
}

// isTrue reads Stream-Closed: only the value true counts, in any case; anything
// else is as if the header were absent (section 5.1).
func isTrue(h http.Header, name string) bool {
	for _, v := range h[name] {
		if strings.EqualFold(v, "true") {
			return true
		}
	}
	return false
}

// whole reads a decimal number without sign. strict also refuses leading zeros.
func whole(s string, strict bool) (int64, bool) {
	if s == "" || strict && len(s) > 1 && s[0] == '0' {
		return 0, false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// maxSafeInteger is the largest number that JavaScript counts exactly.
const maxSafeInteger = 1<<53 - 1

// producer reads the three headers of an idempotent append: all or none.
func producer(h http.Header) (*store.ProducerAppend, error) {
	id, hasID, err1 := single(h, hProducerID)
	epoch, hasEpoch, err2 := single(h, hProducerEpoch)
	seq, hasSeq, err3 := single(h, hProducerSeq)
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			return nil, err
		}
	}
	if !hasID && !hasEpoch && !hasSeq {
		return nil, nil
	}
	if !hasID || !hasEpoch || !hasSeq {
		return nil, bad("invalid-producer", "Producer-Id, Producer-Epoch and Producer-Seq must be sent together")
	}
	if id == "" || len(id) > maxProducerID {
		return nil, bad("invalid-producer", "Producer-Id must have 1 to "+strconv.Itoa(maxProducerID)+" characters")
	}
	p := &store.ProducerAppend{ID: id}
	var ok1, ok2 bool
	p.Epoch, ok1 = whole(epoch, false)
	p.Seq, ok2 = whole(seq, false)
	if !ok1 || !ok2 || p.Epoch > maxSafeInteger || p.Seq > maxSafeInteger {
		return nil, bad("invalid-producer",
			"Producer-Epoch and Producer-Seq must be whole numbers from 0 to "+decimal(maxSafeInteger))
	}
	return p, nil
}

// Bounds on what is stored for each producer and each append.
const (
	maxProducerID = 256
	maxSeq        = 256
)

// sequence reads Stream-Seq; an empty value counts as absent.
func sequence(h http.Header) (string, error) {
	s, _, err := single(h, hSeq)
	if err == nil && len(s) > maxSeq {
		err = bad("invalid-sequence", "Stream-Seq must have at most "+strconv.Itoa(maxSeq)+" characters")
	}
	return s, err
}

// lifetime reads Stream-TTL and Stream-Expires-At, of which one may be sent.
func lifetime(h http.Header) (ttl int64, expiresAt string, err error) {
	t, hasTTL, err := single(h, hTTL)
	if err != nil {
		return 0, "", err
	}
	at, hasExpiry, err := single(h, hExpiresAt)
	if err != nil {
		return 0, "", err
	}
	ttl = stream.NoTTL
	switch {
	case hasTTL && hasExpiry:
		return 0, "", bad("invalid-lifetime", "send Stream-TTL or Stream-Expires-At, not both")
	case hasTTL:
		var ok bool
		if ttl, ok = whole(t, true); !ok {
			return 0, "", bad("invalid-lifetime", "Stream-TTL must be a whole number of seconds without sign or leading zeros")
		}
	case hasExpiry:
		if _, err := stream.ParseExpiry(at); err != nil {
			return 0, "", bad("invalid-lifetime", "Stream-Expires-At must be an RFC 3339 timestamp such as 2031-01-01T00:00:00Z")
		}
	}
	return ttl, at, nil
}

// fork reads the headers of a fork request, nil when there is none.
func (h *Handler) fork(hd http.Header) (*stream.ForkRequest, error) {
	from, has, err := single(hd, hForkedFrom)
	if err != nil {
		return nil, err
	}
	offset, hasOffset, err := single(hd, hForkOffset)
	if err != nil {
		return nil, err
	}
	sub, hasSub, err := single(hd, hForkSubOffset)
	if err != nil {
		return nil, err
	}
	if !has {
		if hasOffset || hasSub {
			return nil, bad("invalid-fork", "Stream-Fork-Offset and Stream-Fork-Sub-Offset need Stream-Forked-From")
		}
		return nil, nil
	}
	f := &stream.ForkRequest{}
	if hasSub {
		var ok bool
		if f.Sub, ok = whole(sub, true); !ok {
			return nil, bad("invalid-fork", "Stream-Fork-Sub-Offset must be a whole number without sign or leading zeros")
		}
	}
	if hasOffset {
		o, err := stream.ParseOffset(offset)
		if err != nil {
			return nil, err
		}
		f.Offset = &o
	}
	f.Source, err = h.source(from)
	return f, err
}

// source reads the name of a fork's source: the path of its URL on this server.
func (h *Handler) source(path string) (string, error) {
	rest, ok := strings.CutPrefix(path, h.base)
	if !ok || strings.ContainsAny(rest, "?#") {
		return "", bad("invalid-fork", "Stream-Forked-From must be the URL path of a stream, such as "+h.base+"name")
	}
	return h.opts.Names.Parse(rest)
}

// query is what the parameters of a read say.
type query struct {
	at     stream.Position
	live   string // "", long-poll or sse
	cursor string
}

const (
	liveLongPoll = "long-poll"
	liveSSE      = "sse"
)

// parseQuery reads the parameters of a read (section 5.6). Unknown ones are
// ignored, and so is an unknown live mode.
func parseQuery(r *http.Request) (q query, err error) {
	if r.URL.RawQuery == "" {
		return q, nil
	}
	v, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return q, bad("invalid-query", "the query string is malformed; escape its values")
	}
	if live := v.Get("live"); live == liveLongPoll || live == liveSSE {
		q.live = live
	}
	q.cursor = v.Get("cursor")
	switch offsets := v["offset"]; {
	case len(offsets) > 1:
		return q, bad("invalid-offset", "the offset parameter must not be given more than once")
	case len(offsets) == 1:
		q.at, err = stream.ParsePosition(offsets[0])
		if err != nil {
			return q, err
		}
	case q.live != "" && !(q.live == liveSSE && r.Header.Get(hLastEventID) != ""):
		return q, bad("invalid-offset", "a live read needs the offset parameter; use -1 for the start or now for the tail")
	}
	return q, resume(r, &q)
}

// resume lets a browser's EventSource go on where it was cut off: it repeats the
// URL it was made with, but adds the id of the last event it has seen.
func resume(r *http.Request, q *query) error {
	id, _, err := single(r.Header, hLastEventID)
	if err != nil || id == "" || q.live != liveSSE {
		return err
	}
	o, err := stream.ParseOffset(id)
	if err != nil {
		return bad("invalid-offset", "Last-Event-ID is not the id of an event of this stream")
	}
	q.at = stream.Position(o)
	return nil
}
