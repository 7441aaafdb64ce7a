package httpapi

import (
	"net/http"
)

// Header names in the form in which net/http keeps those of a request. The
// protocol's own spelling of some differs in case, which HTTP ignores.
const (
	hNextOffset    = "Stream-Next-Offset"
	hUpToDate      = "Stream-Up-To-Date"
	hClosed        = "Stream-Closed"
	hCursor        = "Stream-Cursor"
	hSeq           = "Stream-Seq"
	hTTL           = "Stream-Ttl"
	hExpiresAt     = "Stream-Expires-At"
	hForkedFrom    = "Stream-Forked-From"
	hForkOffset    = "Stream-Fork-Offset"
	hForkSubOffset = "Stream-Fork-Sub-Offset"
	hSSEEncoding   = "Stream-Sse-Data-Encoding"

	hProducerID       = "Producer-Id"
	hProducerEpoch    = "Producer-Epoch"
	hProducerSeq      = "Producer-Seq"
	hProducerExpected = "Producer-Expected-Seq"
	hProducerReceived = "Producer-Received-Seq"

	hAllow         = "Allow"
	hCacheControl  = "Cache-Control"
	hConnection    = "Connection"
	hContentLength = "Content-Length"
	hContentType   = "Content-Type"
	hETag          = "Etag"
	hIfNoneMatch   = "If-None-Match"
	hLastEventID   = "Last-Event-Id"
	hLocation      = "Location"
	hOrigin        = "Origin"
	hRetryAfter    = "Retry-After"
	hVary          = "Vary"
)

// Values of Cache-Control.
const (
	noStore   = "no-store"
	noCache   = "no-cache"
	cacheable = "public, max-age=60, stale-while-revalidate=300"
)

// Header values that many answers share. They are never appended to in place.
var (
	valTrue    = []string{"true"}
	valNoStore = []string{noStore}
	valNoCache = []string{noCache}
	valNosniff = []string{"nosniff"}
	valCORP    = []string{"cross-origin"}
	valAny     = []string{"*"}
)

// secure sets the headers that every answer carries (section 10.7).
func secure(h http.Header) {
	h["X-Content-Type-Options"] = valNosniff
	h["Cross-Origin-Resource-Policy"] = valCORP
}

// set is http.Header.Set for a name that is in canonical form already.
func set(h http.Header, name, value string) { h[name] = []string{value} }
