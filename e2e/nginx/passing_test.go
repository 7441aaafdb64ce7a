package nginx_test

import (
	"crypto/tls"
	"net/http"
	"strings"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/wire"
)

// TestNames wants the URL of a stream to reach the server as it was sent.
func TestNames(t *testing.T) {
	t.Parallel()
	s := newStage(t, "memory", nil)
	for _, protocol := range protocols {
		c := s.client(protocol)
		prefix := "names-" + protocol[5:6] + "/"
		for _, name := range []string{"a/b", "a%2Fb", "%C3%BC", "sp%20ace", "100%25", "A", "a", "a+b", "q%3Fq", "%61%2525"} {
			s.create(c, prefix+name, plainText, name)
		}
		for name, want := range map[string]string{
			"a/b": "a/b", "a%2fb": "a%2Fb", "%c3%bc": "%C3%BC", "%41": "A", "%61": "a", "a%2Bb": "a+b", "a%2525": "%61%2525",
		} {
			if got := string(s.get(http.StatusOK, c, prefix+name, nil).Body); got != want {
				t.Errorf("%s: got the stream %q, want %q", name, got, want)
			}
		}
		for name, problem := range map[string]string{
			"a//b": "name-empty-segment", "a/": "name-empty-segment", "%FF": "name-not-utf8",
			"a/%2e%2e/b": "name-dot-segment", "a/%2E/b": "name-dot-segment",
		} {
			resp := s.get(http.StatusBadRequest, c, prefix+name, nil)
			if !strings.Contains(string(resp.Body), problem) {
				t.Errorf("%s: got %.200s, want the problem %s", name, resp.Body, problem)
			}
		}
	}
}

// TestOrigins wants preflights and the headers of answers untouched, and Location
// to name the origin that clients use.
func TestOrigins(t *testing.T) {
	t.Parallel()
	s := newStage(t, "memory", nil)
	for _, protocol := range protocols {
		c, stream := s.client(protocol), "origins-"+protocol[5:6]
		created := s.create(c, stream, plainText, "text")
		if got, want := created.Header.Get("Location"), s.proxy.URL()+"/v1/stream/"+stream; got != want {
			t.Errorf("Location: got %q, want %q", got, want)
		}
		preflight := s.want(http.StatusNoContent, c, wire.Request{
			Method: http.MethodOptions, Stream: stream, Header: wire.Header{
				"Origin": "https://example.com", "Access-Control-Request-Method": "POST",
				"Access-Control-Request-Headers": "content-type,producer-id",
			},
		})
		wantHeader(t, "preflight", preflight, "Access-Control-Allow-Origin", "*")
		wantHeader(t, "preflight", preflight, "Access-Control-Allow-Methods", "POST")
		wantHeader(t, "preflight", preflight, "Access-Control-Allow-Headers", "content-type,producer-id")
		read := s.get(http.StatusOK, c, stream, wire.Header{"Origin": "https://example.com"})
		wantHeader(t, "read", read, "Access-Control-Allow-Origin", "*")
		if exposed := read.Header.Get("Access-Control-Expose-Headers"); !strings.Contains(exposed, "Stream-Next-Offset") {
			t.Errorf("read: got exposed headers %q, want Stream-Next-Offset among them", exposed)
		}
	}
}

// TestOldTLS wants a client to be refused that knows nothing newer than TLS 1.1.
func TestOldTLS(t *testing.T) {
	t.Parallel()
	s := newStage(t, "memory", nil)
	for version, want := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		config := s.proxy.TLS()
		config.MinVersion, config.MaxVersion = version, version
		c, err := tls.Dial("tcp", s.proxy.Addr(), config)
		if err == nil {
			c.Close()
		}
		if got := err == nil; got != want {
			t.Errorf("%s: got error %v, want a connection: %v", tls.VersionName(version), err, want)
		}
	}
}

func wantHeader(t *testing.T, what string, resp wire.Response, name, want string) {
	t.Helper()
	if got := strings.Join(resp.Header.Values(name), " and "); !strings.EqualFold(got, want) {
		t.Errorf("%s: got %s %q, want %q", what, name, got, want)
	}
}
