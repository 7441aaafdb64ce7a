package httpapi_test

import (
	"net/netip"
	"testing"

	"github.com/weirstreams/weir/limits"
	"github.com/weirstreams/weir/stream/httpapi"
)

var (
	loopback = netip.MustParsePrefix("127.0.0.0/8")
	inside   = netip.MustParsePrefix("10.0.0.0/8")
)

// TestLocation: what a proxy says of how it was reached counts when the proxy is
// trusted, and as far as it makes sense.
func TestLocation(t *testing.T) {
	tests := []struct {
		about   string
		trusted []netip.Prefix
		headers []string
		want    string
	}{
		{"no proxy", nil, nil, "http://weir.test"},
		{"anybody", nil, []string{"X-Forwarded-Proto: https", "X-Forwarded-Host: evil.test"}, "http://weir.test"},
		{"a proxy elsewhere", []netip.Prefix{inside}, []string{"X-Forwarded-Proto: https"}, "http://weir.test"},
		{"the proxy", []netip.Prefix{inside, loopback}, []string{"X-Forwarded-Proto: https"}, "https://weir.test"},
		{"its host", []netip.Prefix{loopback}, []string{"X-Forwarded-Host: streams.test:8443"}, "http://streams.test:8443"},
		{"an address", []netip.Prefix{loopback}, []string{"X-Forwarded-Host: [::1]:80", "X-Forwarded-Proto: http"}, "http://[::1]:80"},
		{"another scheme", []netip.Prefix{loopback}, []string{"X-Forwarded-Proto: javascript"}, "http://weir.test"},
		{"no host", []netip.Prefix{loopback}, []string{"X-Forwarded-Host: a/b"}, "http://weir.test"},
		{"two hosts", []netip.Prefix{loopback}, []string{"X-Forwarded-Host: a, b"}, "http://weir.test"},
	}
	for _, test := range tests {
		t.Run(test.about, func(t *testing.T) {
			s := serve(t, httpapi.Options{TrustedProxies: test.trusted})
			a := s.must(201, "PUT", "s", "", append(test.headers, asText)...)
			wantHeaders(t, a, map[string]string{"Location": test.want + "/v1/stream/s"})
		})
	}
}

// TestClientRate: each client has its own budget, and nobody can take or evade
// that of another by what it says of itself.
func TestClientRate(t *testing.T) {
	const identity = "X-Subject"
	tests := []struct {
		about         string
		trusted       []netip.Prefix
		first, second []string
		same          bool
	}{
		{"one connection's address", nil, nil, nil, true},
		{"anybody may say anything", nil, []string{"X-Forwarded-For: 192.0.2.1"}, []string{"X-Forwarded-For: 192.0.2.2"}, true},
		{"an identity from anybody", nil, []string{identity + ": a"}, []string{identity + ": b"}, true},
		{"behind a proxy", []netip.Prefix{loopback}, []string{"X-Forwarded-For: 192.0.2.1"}, []string{"X-Forwarded-For: 192.0.2.2"}, false},
		{"behind a proxy, the same", []netip.Prefix{loopback}, []string{"X-Forwarded-For: 192.0.2.1"}, []string{"X-Forwarded-For: 192.0.2.1"}, true},
		{"what the client put in front", []netip.Prefix{loopback}, []string{"X-Forwarded-For: 192.0.2.8, 192.0.2.1"},
			[]string{"X-Forwarded-For: 192.0.2.9,192.0.2.1"}, true},
		{"in a line of its own", []netip.Prefix{loopback}, []string{"X-Forwarded-For: 192.0.2.8", "X-Forwarded-For: 192.0.2.1"},
			[]string{"X-Forwarded-For: 192.0.2.9", "X-Forwarded-For: 192.0.2.1"}, true},
		{"two proxies", []netip.Prefix{loopback, inside}, []string{"X-Forwarded-For: 192.0.2.1, 10.1.1.1"},
			[]string{"X-Forwarded-For: 192.0.2.2", "X-Forwarded-For: 10.1.1.1"}, false},
		{"an address that is none", []netip.Prefix{loopback}, []string{"X-Forwarded-For: unknown"}, []string{"X-Forwarded-For: nobody"}, true},
		{"IPv4 in IPv6", []netip.Prefix{loopback}, []string{"X-Forwarded-For: ::ffff:192.0.2.1"}, []string{"X-Forwarded-For: 192.0.2.1"}, true},
		{"one network of IPv6", []netip.Prefix{loopback}, []string{"X-Forwarded-For: 2001:db8::1"}, []string{"X-Forwarded-For: 2001:db8::2:1"}, true},
		{"another network of IPv6", []netip.Prefix{loopback}, []string{"X-Forwarded-For: 2001:db8::1"}, []string{"X-Forwarded-For: 2001:db8:0:1::1"}, false},
		{"identities", []netip.Prefix{loopback}, []string{identity + ": a"}, []string{identity + ": b"}, false},
		{"one identity at two addresses", []netip.Prefix{loopback}, []string{identity + ": a", "X-Forwarded-For: 192.0.2.1"},
			[]string{identity + ": a", "X-Forwarded-For: 192.0.2.2"}, true},
		{"an empty identity", []netip.Prefix{loopback}, []string{identity + ": ", "X-Forwarded-For: 192.0.2.1"},
			[]string{identity + ": ", "X-Forwarded-For: 192.0.2.2"}, false},
	}
	for _, test := range tests {
		t.Run(test.about, func(t *testing.T) {
			s := serve(t, httpapi.Options{
				Clients: limits.NewRates(1, 2, 100), TrustedProxies: test.trusted, IdentityHeader: identity,
			})
			s.must(201, "PUT", "s", "", append(test.first, asText)...)
			s.must(200, "GET", "s", "", test.first...)
			a := s.do("GET", "s", "", test.first...)
			wantProblem(t, a, 429, "client-rate")
			wantHeaders(t, a, map[string]string{"Retry-After": "1"})
			want := 200
			if test.same {
				want = 429
			}
			if a := s.do("GET", "s", "", test.second...); a.StatusCode != want {
				t.Errorf("the second client: got %d, want %d", a.StatusCode, want)
			}
			if a := s.raw(request("GET", "/readyz", "", test.first...)); a.StatusCode != 200 {
				t.Errorf("probe by a client over its rate: got %d, want 200", a.StatusCode)
			}
			if got := s.handler.Stats().RateRefused; got < 1 {
				t.Errorf("refusals counted: got %d, want one at least", got)
			}
		})
	}
}
