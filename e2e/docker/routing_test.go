package docker_test

import (
	"regexp"
	"testing"

	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	matcherv3 "github.com/envoyproxy/go-control-plane/envoy/type/matcher/v3"
)

// matches reports whether a route takes a request for a stream. It knows the matchers
// that envoy.yaml uses.
func matches(r *routev3.Route, method, live string) bool {
	for _, h := range r.GetMatch().GetHeaders() {
		if h.GetName() != ":method" || !accepts(h.GetStringMatch(), method) {
			return false
		}
	}
	for _, q := range r.GetMatch().GetQueryParameters() {
		if q.GetName() != "live" || !accepts(q.GetStringMatch(), live) {
			return false
		}
	}
	return true
}

// accepts is Envoy's matcher of strings: a regular expression has to fit the whole.
func accepts(m *matcherv3.StringMatcher, s string) bool {
	if pattern := m.GetSafeRegex().GetRegex(); pattern != "" {
		return regexp.MustCompile(`^(?:` + pattern + `)$`).MatchString(s)
	}
	return m.GetExact() == s
}

// TestEnvoyRoutes sends each kind of request to its route, which is the first that takes it.
func TestEnvoyRoutes(t *testing.T) {
	p := localProxy(t)
	for _, request := range []struct{ method, live, want string }{
		{"GET", "sse", "live"},
		{"GET", "long-poll", "live"},
		{"GET", "", "reads"},
		{"GET", "sse2", "reads"},
		{"HEAD", "", "reads"},
		{"HEAD", "sse", "reads"},
		{"POST", "", "changes"},
		{"POST", "sse", "changes"},
		{"PUT", "", "changes"},
		{"DELETE", "", "changes"},
		{"OPTIONS", "", "changes"},
	} {
		got := "none"
		for _, r := range p.routes {
			if matches(r, request.method, request.live) {
				got = r.GetName()
				break
			}
		}
		if got != request.want {
			t.Errorf("%s with live=%q: got route %s, want %s", request.method, request.live, got, request.want)
		}
	}
}
