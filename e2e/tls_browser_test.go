package e2e_test

import (
	"bytes"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/nodejs"
	"github.com/weirstreams/weir/e2e/internal/testcerts"
	"github.com/weirstreams/weir/e2e/internal/wire"
)

// TestBrowser reads bytes by SSE in a page of another origin, by EventSource and
// by fetch, without TLS and with it. With TLS a browser speaks HTTP/2, so a page
// may have more readers than the six connections that it gets otherwise.
func TestBrowser(t *testing.T) {
	nodejs.Require(t, ".")
	chromium := nodejs.RequireChromium(t)
	authority := testcerts.NewAuthority(t, "browser")
	files := authority.Issue(t, "weir", testcerts.Now()).Files(t)

	for _, l := range []language{{"plain", 1, true}, {"TLS", 2, false}} {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			page := pageServer(t).URL
			vars, client := env{"DS_HTTP__CORS_ORIGINS": page}, authority.Client()
			server := l.start(t, "memory", files, vars, client)
			b := browser{t, chromium, page, server.URL() + "/v1/stream/"}
			b.checkBinary(l.dialect(t, server, client))
			if !l.plain {
				b.checkMany(l.dialect(t, server, client))
			}
		})
	}
}

// browser runs functions of a page.
type browser struct {
	t        *testing.T
	chromium string
	page     string // origin of the page
	streams  string
}

func (b browser) run(function, stream string) *nodejs.Script {
	b.t.Helper()
	return nodejs.Start(b.t, ".", "browser.mjs", map[string]any{
		"chromium": b.chromium,
		"page":     b.page + "/page.html",
		"run":      function,
		"url":      b.streams + stream,
		"insecure": true, // nobody but the test knows the authority
	})
}

func (b browser) checkBinary(a api) {
	b.t.Helper()
	var want []byte
	a.create("bytes", octets, "")
	for i := range 300 {
		chunk := binaryChunk(i)
		a.append("bytes", octets, string(chunk))
		want = append(want, chunk...)
	}
	a.want(204, "POST", "bytes", wire.Header{"Stream-Closed": "true"}, "")

	var got struct {
		ByEventSource, ByFetch []string
		Encoding               string
	}
	b.run("readBinary", "bytes").Await("done", patience).Decode(b.t, &got)
	for way, payloads := range map[string][]string{"EventSource": got.ByEventSource, "fetch": got.ByFetch} {
		if joined := joinBase64(b.t, payloads); !bytes.Equal(joined, want) {
			b.t.Errorf("%s: got %d bytes, want the %d that were written", way, len(joined), len(want))
		}
	}
	if got.Encoding != "base64" {
		b.t.Errorf("Stream-SSE-Data-Encoding: got %q, want the page to see base64", got.Encoding)
	}
}

func (b browser) checkMany(a api) {
	b.t.Helper()
	a.create("open", plainText, "x")
	var got struct{ Open int }
	b.run("openTen", "open").Await("done", patience).Decode(b.t, &got)
	if got.Open != 10 {
		b.t.Errorf("got %d readers at a time, want 10", got.Open)
	}
}
