package httpapi

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/limits"
	"github.com/weirstreams/weir/sse"
	"github.com/weirstreams/weir/stream"
)

// Options set up a Handler. Fields that are zero have the stated defaults.
type Options struct {
	// BasePath is where the streams begin, such as /v1/stream, which is the
	// default. It begins with a slash and does not end with one.
	BasePath string
	// Origins are the origins whose pages may use the server; "*", the default,
	// stands for all.
	Origins []string
	// Names bound stream names. Default: no bound.
	Names limits.Names
	// MaxAppendBytes bounds a request's body. 0: no limit.
	MaxAppendBytes int64
	// Bodies bounds the memory of all large bodies together. It is at least twice
	// MaxAppendBytes, since a body is copied as it grows. Default: no limit.
	Bodies *limits.Budget
	// Subscribers bounds the live readers at a time. Default: no limit.
	Subscribers *limits.Gauge
	// MaxStreamSubscribers bounds those of one stream. 0: no limit.
	MaxStreamSubscribers int64
	// Requests bounds the requests a second. Default: no limit.
	Requests *limits.Rate
	// Clients bounds the requests a second of each client. Default: no limit.
	Clients *limits.Rates
	// TrustedProxies are the networks of proxies that may say for whom they ask.
	TrustedProxies []netip.Prefix
	// IdentityHeader is where such a proxy names the client, in the form of
	// http.CanonicalHeaderKey. "": clients are told apart by their address.
	IdentityHeader string
	// LongPoll is how long a long-poll waits. Default 30 s.
	LongPoll time.Duration
	// Reconnect is how long an SSE connection lasts before it is ended for the
	// client to come back. 0: as long as the client stays.
	Reconnect time.Duration
	// KeepAlive is how often a quiet SSE connection gets a comment. Default 15 s.
	KeepAlive time.Duration
	// BodyTimeout is how long a request's body may take to arrive. Default 30 s.
	BodyTimeout time.Duration
	// WriteTimeout is how long a live reader may take to accept one frame.
	// Default 30 s.
	WriteTimeout time.Duration
	// Components are further parts that /readyz asks how they are, by name. They
	// answer at once, and may be asked from many goroutines.
	Components map[string]func() Component
	// Log receives the failures that a client learns nothing about. Default:
	// nothing.
	Log *zerolog.Logger
	// Observe is called for every request once its status is known, before anything
	// is sent, from the request's goroutine. Default: nothing.
	Observe func(r *http.Request, status int)
}

// Handler serves the streams of one engine. Its methods may be called at once
// from many goroutines.
type Handler struct {
	engine *stream.Engine
	opts   Options
	base   string // BasePath and a slash
	cors   *crossOrigin
	log    zerolog.Logger
	rooms  *sse.Rooms

	clients   clients
	perStream *limits.Gauges // live readers, by the stream's identity
	counters  counters
	drain     drain
}

// New returns the handler of an engine, which stays the caller's to close.
func New(e *stream.Engine, o Options) *Handler {
	h := &Handler{engine: e, opts: withDefaults(o), log: zerolog.Nop()}
	h.base = h.opts.BasePath + "/"
	h.cors = newCrossOrigin(h.opts.Origins)
	if o.Log != nil {
		h.log = *o.Log
	}
	h.clients = newClients(&h.opts)
	h.perStream = limits.NewGauges(o.MaxStreamSubscribers)
	h.drain.init()
	h.rooms = sse.NewRooms(sse.Options{
		KeepAlive: h.opts.KeepAlive, Draining: h.drain.begun, Departure: h.drain.departure,
	})
	return h
}

func withDefaults(o Options) Options {
	if o.BasePath == "" {
		o.BasePath = "/v1/stream"
	}
	if len(o.Origins) == 0 {
		o.Origins = []string{"*"}
	}
	if o.Bodies == nil {
		o.Bodies = limits.NewBudget(0)
	}
	if o.Subscribers == nil {
		o.Subscribers = limits.NewGauge(0)
	}
	for d, def := range map[*time.Duration]time.Duration{
		&o.LongPoll:     30 * time.Second,
		&o.KeepAlive:    15 * time.Second,
		&o.BodyTimeout:  30 * time.Second,
		&o.WriteTimeout: 30 * time.Second,
	} {
		if *d <= 0 {
			*d = def
		}
	}
	return o
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if endsConn(r) {
		set(w.Header(), hConnection, "close")
	}
	if r.Method == http.MethodOptions {
		secure(w.Header())
		h.done(r, http.StatusNoContent)
		h.cors.preflight(w, r)
		return
	}
	if err := h.route(w, r); err != nil {
		h.refuse(w, r, err)
	}
}

// mark sets the headers that every answer carries.
func (h *Handler) mark(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	h.cors.mark(w, r)
}

// route finds what a request is for. An error means that nothing has been
// written yet.
func (h *Handler) route(w http.ResponseWriter, r *http.Request) error {
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), h.base)
	if !ok {
		return h.outside(w, r)
	}
	if err := h.allow(r); err != nil {
		return err
	}
	name, err := h.opts.Names.Parse(path)
	if err != nil {
		return h.unnamed(err)
	}
	switch r.Method {
	case http.MethodPost:
		return h.append(w, r, name)
	case http.MethodGet:
		return h.read(w, r, name)
	case http.MethodHead:
		return h.head(w, r, name)
	case http.MethodPut:
		return h.create(w, r, name)
	case http.MethodDelete:
		return h.delete(w, r, name)
	default:
		return &problem{
			status: http.StatusMethodNotAllowed, slug: "method-not-allowed", allow: allowMethods,
			detail: "a stream takes PUT, POST, GET, HEAD, DELETE and OPTIONS",
		}
	}
}

// unnamed refuses a path that names no stream. Reserved names are not found
// rather than malformed: they may be served one day.
func (h *Handler) unnamed(err error) error {
	var name *limits.NameError
	if errors.As(err, &name) && name.Slug == limits.NameReserved {
		return &problem{status: http.StatusNotFound, slug: name.Slug, detail: name.Detail}
	}
	return err
}

// outside serves what is not below the base path.
func (h *Handler) outside(w http.ResponseWriter, r *http.Request) error {
	h.mark(w, r)
	switch r.URL.Path {
	case "/healthz":
		return h.healthz(w, r)
	case "/readyz":
		return h.readyz(w, r)
	default:
		return &problem{
			status: http.StatusNotFound, slug: "no-such-path",
			detail: "streams are below " + h.base,
		}
	}
}

// refuse answers a request that was not served.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	h.mark(w, r)
	p, known := asProblem(err)
	h.done(r, p.status)
	if r.ProtoMajor != 1 {
		p.closeConn = false // what is unread is a stream's, and ends with it
	}
	if !known {
		h.log.Error().Err(err).Str("method", r.Method).Str("path", r.URL.Path).Msg("request failed")
	}
	h.limitWrite(w, r)
	p.write(w)
}
