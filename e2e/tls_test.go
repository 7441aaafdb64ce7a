package e2e_test

import (
	"crypto/tls"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/testcerts"
	"github.com/weirstreams/weir/e2e/internal/weirtest"
	"github.com/weirstreams/weir/e2e/internal/wire"
)

// encrypted returns the variables for a server that shows the certificate in the
// files, and more.
func encrypted(files testcerts.Files, more env) env {
	vars := env{"DS_TLS__CERT_PATH": files.Cert, "DS_TLS__KEY_PATH": files.Key}
	maps.Copy(vars, more)
	return vars
}

// startEncrypted runs weir with TLS. Clients speak as client says.
func startEncrypted(t *testing.T, mode string, vars env, client *tls.Config) *weirtest.Server {
	t.Helper()
	cfg := weirtest.Config{Binary: weirBinary, Mode: mode, Env: vars, TLS: client}
	if mode != "memory" {
		cfg.Dir = t.TempDir()
	}
	return weirtest.Start(t, cfg)
}

// language is a way to speak to the server.
type language struct {
	name  string
	major int // of HTTP
	plain bool
}

var languages = []language{
	{"TLS, HTTP/1.1", 1, false},
	{"TLS, HTTP/2", 2, false},
	{"plain, HTTP/2", 2, true},
}

// start runs weir for clients of that language, with the certificate in the files
// unless they speak without TLS.
func (l language) start(t *testing.T, mode string, files testcerts.Files, vars env, client *tls.Config) *weirtest.Server {
	t.Helper()
	if l.plain {
		return startServer(t, mode, vars)
	}
	return startEncrypted(t, mode, encrypted(files, vars), client)
}

// transport returns one that speaks nothing else.
func (l language) transport(client *tls.Config) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(l.major == 1)
	protocols.SetHTTP2(l.major == 2 && !l.plain)
	protocols.SetUnencryptedHTTP2(l.major == 2 && l.plain)
	// A transport adds to its configuration.
	return &http.Transport{TLSClientConfig: client.Clone(), Protocols: protocols}
}

// dialect returns an api that speaks l, once it has seen the server answer so.
func (l language) dialect(t *testing.T, server *weirtest.Server, client *tls.Config) api {
	t.Helper()
	transport := l.transport(client)
	response, err := (&http.Client{Transport: transport}).Get(server.URL() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.ProtoMajor != l.major || (response.TLS == nil) != l.plain {
		t.Fatalf("got %s, TLS %v; want %s", response.Proto, response.TLS != nil, l.name)
	}
	c := wire.Over(server.URL(), transport)
	t.Cleanup(c.Close)
	return api{t, c}
}

// shortPoll lets a test wait for the end of a long-poll.
const shortPoll = "0.2"

// TestLanguages appends and reads in every way, in every language that the server
// speaks besides plain HTTP/1.1. Pages are small, so that a read takes several, and
// the content is beyond what goes out in one piece.
func TestLanguages(t *testing.T) {
	authority := testcerts.NewAuthority(t, "languages")
	files := authority.Issue(t, "weir", testcerts.Now()).Files(t)
	for _, mode := range []string{"memory", "file-fast", "acid"} {
		for _, l := range languages {
			t.Run(mode+"/"+l.name, func(t *testing.T) {
				t.Parallel()
				vars := env{"DS_SERVER__PAGE_BYTES": "100000", "DS_SERVER__LONG_POLL_TIMEOUT_SECS": shortPoll}
				server := l.start(t, mode, files, vars, authority.Client())
				if got := strings.Contains(server.Log(), "weir: serving https://"); got == l.plain {
					t.Errorf("first line: got %s, want an address with https for TLS only", server.Log())
				}
				checkLanguage(t, l.dialect(t, server, authority.Client()))
			})
		}
	}
}

func checkLanguage(t *testing.T, a api) {
	want := strings.Repeat("0123456789abcdef", 50_000)
	tail := a.create("s", plainText, want).Offset()
	if got := a.text("s"); got != want {
		t.Errorf("catch-up: got %d bytes, want the %d that were written", len(got), len(want))
	}
	page := a.want(200, "GET", "s?offset=-1", nil, "")
	a.want(304, "GET", "s?offset=-1", wire.Header{"If-None-Match": page.Header.Get("ETag")}, "")

	live := follow(t, a, "s", tail)
	if resp := a.want(204, "GET", "s?live=long-poll&offset="+tail, nil, ""); !resp.UpToDate() || resp.Offset() != tail {
		t.Errorf("long-poll of nothing: got %v, want to be up to date at %s", resp.Header, tail)
	}
	for _, piece := range []string{"x", "yz", want[:70_000]} {
		polled := make(chan wire.Response, 1)
		go func() {
			resp, err := a.client.Do(t.Context(), wire.Request{Method: "GET", Stream: "s?live=long-poll&offset=" + tail})
			if err != nil {
				t.Errorf("long-poll: %v", err)
			}
			polled <- resp
		}()
		next := a.append("s", plainText, piece).Offset()
		if batch, err := live.Next(); err != nil || batch.Data != piece || batch.Control.StreamNextOffset != next {
			t.Errorf("SSE: got %d bytes up to %s, error %v; want %d up to %s",
				len(batch.Data), batch.Control.StreamNextOffset, err, len(piece), next)
		}
		// It may have waited in vain, if it was there long before the append.
		if got := <-polled; got.Status == 200 && string(got.Body) != piece || got.Status != 200 && got.Status != 204 {
			t.Errorf("long-poll: got status %d and %d bytes, want 200 and %d", got.Status, len(got.Body), len(piece))
		}
		tail = next
	}
	a.want(409, "POST", "s", wire.Header{"Content-Type": jsonType}, "{}")
	a.want(204, "POST", "s", wire.Header{"Stream-Closed": "true"}, "")
	if batch, err := live.Next(); err != nil || !batch.Control.StreamClosed {
		t.Errorf("SSE at the end: got %+v, error %v; want the stream closed", batch.Control, err)
	}
	a.want(200, "HEAD", "s", nil, "")
	a.want(204, "DELETE", "s", nil, "")
}
