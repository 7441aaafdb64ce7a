package httpapi

import (
	"bytes"
	"net/http"
	"slices"
	"strings"

	"github.com/rs/cors"
)

// What a page of another origin may send and read (section 10.7).
const (
	allowMethods  = "GET, POST, PUT, DELETE, HEAD, OPTIONS"
	allowHeaders  = "Content-Type, Authorization, If-None-Match, Last-Event-ID, Stream-Seq, Stream-TTL, Stream-Expires-At, Stream-Closed, Producer-Id, Producer-Epoch, Producer-Seq, Stream-Forked-From, Stream-Fork-Offset, Stream-Fork-Sub-Offset"
	exposeHeaders = "Stream-Next-Offset, Stream-Cursor, Stream-Up-To-Date, Stream-Closed, Stream-TTL, Stream-Expires-At, Stream-SSE-Data-Encoding, Producer-Epoch, Producer-Seq, Producer-Expected-Seq, Producer-Received-Seq, ETag, Location, Content-Type, Content-Encoding, Vary, Retry-After"
	preflightAge  = 24 * 60 * 60 // seconds that a browser may keep a preflight's answer
)

var (
	valMethods = []string{allowMethods}
	valHeaders = []string{allowHeaders}
	valExpose  = []string{exposeHeaders}
	// valVary and valPreflightVary are for a server of which not every origin may
	// read: what it answers depends on who asks.
	valVary          = []string{hOrigin}
	valPreflightVary = []string{"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"}
)

// crossOrigin answers preflights and marks answers for pages of other origins.
type crossOrigin struct {
	any   bool // every origin may read
	rules *cors.Cors
	// What mark and secure set, as lines: for a request without an origin, and for a
	// page when every origin may read.
	forProgram, forPage []byte
}

func newCrossOrigin(origins []string) *crossOrigin {
	c := &crossOrigin{
		any: slices.Contains(origins, "*"),
		rules: cors.New(cors.Options{
			AllowedOrigins: origins,
			AllowedMethods: strings.Split(allowMethods, ", "),
			// A page may send headers of its own, for a proxy to check.
			AllowedHeaders: []string{"*"},
			ExposedHeaders: strings.Split(exposeHeaders, ", "),
			MaxAge:         preflightAge,
		}),
	}
	program := headerOnly{}
	c.mark(program, &http.Request{Method: http.MethodPost, Header: http.Header{}})
	secure(program.Header())
	c.forProgram = asLines(program.Header())
	program.Header()["Access-Control-Expose-Headers"] = valExpose
	c.forPage = asLines(program.Header())
	return c
}

// headerOnly is a response of which the header is wanted.
type headerOnly http.Header

func (h headerOnly) Header() http.Header         { return http.Header(h) }
func (h headerOnly) Write(p []byte) (int, error) { return len(p), nil }
func (h headerOnly) WriteHeader(int)             {}

func asLines(h http.Header) []byte {
	var b bytes.Buffer
	h.Write(&b)
	return b.Bytes()
}

// lines returns what mark and secure would set, as lines that are not to be
// changed; ok is false when that takes a closer look at the request.
func (c *crossOrigin) lines(r *http.Request) (lines []byte, ok bool) {
	switch {
	case c.any && c.mayBeForPage(r):
		return c.forPage, true
	case c.any || r.Header[hOrigin] == nil:
		return c.forProgram, true
	default:
		return nil, false
	}
}

// mayBeForPage reports whether a page may see the answer. That to a read may come
// to it later, from a cache. Others are for the one who asks, and most of those
// are no browsers.
func (c *crossOrigin) mayBeForPage(r *http.Request) bool {
	return r.Method == http.MethodGet || r.Header[hOrigin] != nil
}

// mark sets the CORS headers of an answer to any other request. When every
// origin may read, the answer is the same for all of them and needs no look at
// the request.
func (c *crossOrigin) mark(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if !c.any {
		if h[hVary] == nil { // not marked yet
			c.rules.HandlerFunc(w, r)
		}
		return
	}
	h["Access-Control-Allow-Origin"] = valAny
	if c.mayBeForPage(r) {
		h["Access-Control-Expose-Headers"] = valExpose
	}
}

// preflight answers any OPTIONS request. One that is not a browser's preflight
// is told the same.
func (c *crossOrigin) preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h[hCacheControl] = valNoStore
	set(h, hAllow, allowMethods)
	if r.Header.Get(hOrigin) != "" && r.Header.Get("Access-Control-Request-Method") != "" {
		c.rules.HandlerFunc(w, r)
		return
	}
	if c.any {
		h["Access-Control-Allow-Origin"] = valAny
	} else {
		h[hVary] = valPreflightVary
	}
	h["Access-Control-Allow-Methods"] = valMethods
	h["Access-Control-Allow-Headers"] = valHeaders
	w.WriteHeader(http.StatusNoContent)
}
