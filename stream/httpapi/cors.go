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
)

// crossOrigin answers preflights and marks answers for pages of other origins.
type crossOrigin struct {
	any   bool // every origin may read
	rules *cors.Cors
	// fields are the lines, the security headers among them, of an answer that
	// does not depend on the request; see needsRequest.
	fields []byte
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
	if c.any {
		h := http.Header{"Access-Control-Allow-Origin": valAny}
		secure(h)
		var b bytes.Buffer
		h.Write(&b)
		c.fields = b.Bytes()
	}
	return c
}

// needsRequest reports whether the headers of the answer to a write depend on
// the request; if not, they are fields.
func (c *crossOrigin) needsRequest(r *http.Request) bool {
	return !c.any || r.Header[hOrigin] != nil
}

// mark sets the CORS headers of an answer to any other request. When every
// origin may read, the answer is the same for all of them and needs no look at
// the request.
func (c *crossOrigin) mark(w http.ResponseWriter, r *http.Request) {
	if !c.any {
		c.rules.HandlerFunc(w, r)
		return
	}
	h := w.Header()
	h["Access-Control-Allow-Origin"] = valAny
	// The answer to a read may come to a page later, from a cache. Others are for
	// the one who asks, and most of those are no browsers.
	if r.Method == http.MethodGet || c.needsRequest(r) {
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
	}
	h["Access-Control-Allow-Methods"] = valMethods
	h["Access-Control-Allow-Headers"] = valHeaders
	w.WriteHeader(http.StatusNoContent)
}
