package httpapi_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/stream/httpapi"
)

// TestVaryByOrigin: with a list of origins every answer depends on who asks, and
// says so once, so that no cache gives one origin's answer to another.
func TestVaryByOrigin(t *testing.T) {
	const listed, foreign = "https://a.example", "https://b.example"
	s := serve(t, httpapi.Options{Origins: []string{listed}})
	s.must(201, "PUT", "s", "data", asText)
	tag := s.must(200, "GET", "s", "").Header.Get("ETag")
	preflight := []string{"Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: producer-id"}

	requests := []struct {
		name, method, path string
		status             int
		headers            []string
		vary               string
	}{
		{"read", "GET", "/v1/stream/s", 200, nil, "Origin"},
		{"revalidation", "GET", "/v1/stream/s", 304, []string{"If-None-Match: " + tag}, "Origin"},
		{"head", "HEAD", "/v1/stream/s", 200, nil, "Origin"},
		{"append", "POST", "/v1/stream/s", 400, []string{asText}, "Origin"}, // of nothing
		{"missing", "GET", "/v1/stream/none", 404, nil, "Origin"},
		{"outside", "GET", "/none", 404, nil, "Origin"},
		{"health", "GET", "/healthz", 200, nil, "Origin"},
		{"malformed", "GET /x", "/none", 400, nil, "Origin"},
		{"preflight", "OPTIONS", "/v1/stream/s", 204, preflight, "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"},
		{"options", "OPTIONS", "/v1/stream/s", 204, nil, "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"},
	}
	for _, tt := range requests {
		for _, origin := range []string{"", listed, foreign} {
			t.Run(tt.name+"/"+origin, func(t *testing.T) {
				headers := slices.Clone(tt.headers)
				if origin != "" {
					headers = append(headers, "Origin: "+origin)
				}
				a := s.raw(request(tt.method, tt.path, "", headers...))
				if a.StatusCode != tt.status {
					t.Fatalf("got status %d, want %d: %s", a.StatusCode, tt.status, a.body)
				}
				if got := a.Header["Vary"]; !slices.Equal(got, []string{tt.vary}) {
					t.Errorf("Vary: got %q, want %q", got, tt.vary)
				}
				allowed := a.Header.Get("Access-Control-Allow-Origin")
				// Nobody knows who asks when the request cannot be read, and no page can send
				// an OPTIONS that is no preflight.
				if want := origin == listed && tt.name != "malformed" && tt.name != "options"; (allowed == listed) != want || allowed != "" && !want {
					t.Errorf("Access-Control-Allow-Origin: got %q for %q, want it for %s only", allowed, origin, listed)
				}
				if tt.name == "preflight" && origin == foreign {
					for name := range a.Header {
						if strings.HasPrefix(name, "Access-Control-Allow") {
							t.Errorf("preflight of another origin: got %s, want none such", name)
						}
					}
				}
			})
		}
	}
	for _, origin := range []string{listed, foreign} {
		sub := s.subscribe("s", "offset=-1", "Origin: "+origin)
		if got := sub.header["Vary"]; !slices.Equal(got, []string{"Origin"}) {
			t.Errorf("Vary of SSE: got %q, want Origin", got)
		}
		if got := sub.header.Get("Access-Control-Allow-Origin"); (got == listed) != (origin == listed) {
			t.Errorf("Access-Control-Allow-Origin of SSE: got %q for %s, want it for %s only", got, origin, listed)
		}
	}
}
