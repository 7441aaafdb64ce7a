package httpapi_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/weirstreams/weir/limits"
	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/stream/httpapi"
)

// The handler answers the same on a connection that is not its listener's, as
// those of TLS and HTTP/2 are not.
func TestHandlerOnAnyConnection(t *testing.T) {
	e := stream.New(memstore.New(nil), nil)
	defer e.Close()
	h := httpapi.New(e, httpapi.Options{Names: limits.Names{MaxBytes: 64}})
	send := func(method, body string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "/v1/stream/s", strings.NewReader(body))
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	send("PUT", "", "Content-Type", "text/plain")
	w := send("POST", "x", "Content-Type", "text/plain", "Stream-Closed", "true",
		"Producer-Id", "p", "Producer-Epoch", "1", "Producer-Seq", "0")
	if w.Code != 200 {
		t.Errorf("append: got %d %s, want 200", w.Code, w.Body)
	}
	for name, want := range map[string]string{
		"Stream-Next-Offset": offset(1), "Stream-Closed": "true", "Producer-Epoch": "1", "Producer-Seq": "0",
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "cross-origin",
		"Access-Control-Allow-Origin": "*",
	} {
		if got := strings.Join(w.Header().Values(name), " | "); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if w := send("GET", ""); w.Body.String() != "x" {
		t.Errorf("read: got %q, want x", w.Body)
	}
}
