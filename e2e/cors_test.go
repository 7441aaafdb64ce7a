package e2e_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/nodejs"
)

// answered is what a page was allowed to see of an answer.
type answered struct {
	Status  int
	Headers map[string]string
	Body    string
	Blocked string
}

type corsProbe struct {
	Create, Append, Gap, Read, NotModified, Missing, Binary, Remove, Live answered
}

// probeCors runs the probe against a server for pages of the given origins, of
// which "page" stands for the probe's own.
func probeCors(t *testing.T, origins string) corsProbe {
	t.Helper()
	nodejs.Require(t, ".")
	chromium := nodejs.RequireChromium(t)
	page := pageServer(t).URL
	server := startServer(t, "memory", env{"DS_HTTP__CORS_ORIGINS": strings.ReplaceAll(origins, "page", page)})
	script := inPage(t, chromium, page, "probeCors", server.URL()+"/v1/stream/probe")
	event := script.Await("done", patience)
	t.Logf("the page saw %s", event.Line)
	var got corsProbe
	if err := json.Unmarshal(event.Line, &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// TestCrossOriginPage uses every kind of request from a page of another origin:
// the browser must let all of them through, and show the headers that a client
// needs, on errors too.
func TestCrossOriginPage(t *testing.T) {
	for name, origins := range map[string]string{"any origin": "*", "listed origin": "https://app.example,page"} {
		t.Run(name, func(t *testing.T) { checkAllowed(t, probeCors(t, origins)) })
	}
}

func checkAllowed(t *testing.T, got corsProbe) {
	tests := []struct {
		name    string
		answer  answered
		status  int
		visible []string
	}{
		{"create", got.Create, 201, []string{"stream-next-offset", "location", "content-type"}},
		{"producer append", got.Append, 200, []string{"stream-next-offset", "producer-epoch", "producer-seq"}},
		{"producer gap", got.Gap, 409, []string{"producer-expected-seq", "producer-received-seq"}},
		{"read", got.Read, 200, []string{"stream-next-offset", "stream-up-to-date", "etag"}},
		{"revalidation", got.NotModified, 304, []string{"etag"}},
		{"missing stream", got.Missing, 404, []string{"content-type"}},
		{"binary SSE", got.Binary, 200, []string{"stream-sse-data-encoding"}},
		{"delete", got.Remove, 204, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.answer.Blocked != "" {
				t.Fatalf("the browser blocked it: %s", tt.answer.Blocked)
			}
			if tt.answer.Status != tt.status {
				t.Errorf("got status %d, want %d: %s", tt.answer.Status, tt.status, tt.answer.Body)
			}
			for _, name := range tt.visible {
				if tt.answer.Headers[name] == "" {
					t.Errorf("header %s: got nothing, want it visible to the page", name)
				}
			}
		})
	}
}

// TestForeignOriginIsBlocked restricts the origins to one that the page is not
// of: neither what needs a preflight nor what needs none is let through.
func TestForeignOriginIsBlocked(t *testing.T) {
	got := probeCors(t, "https://app.example")
	for name, answer := range map[string]answered{"create": got.Create, "read": got.Read, "EventSource": got.Live} {
		if answer.Blocked == "" {
			t.Errorf("%s: got status %d, want the browser to block the request", name, answer.Status)
		}
	}
}

// TestOpenServerIsWarnedAbout: the pages of every web site may use a server that
// others can reach only if somebody was told.
func TestOpenServerIsWarnedAbout(t *testing.T) {
	const warning = "DS_HTTP__CORS_ORIGINS=* with DS_SERVER__HOST="
	for name, tt := range map[string]struct {
		vars env
		want bool
	}{
		"everywhere":            {env{"DS_SERVER__HOST": "0.0.0.0"}, true},
		"everywhere, with list": {env{"DS_SERVER__HOST": "0.0.0.0", "DS_HTTP__CORS_ORIGINS": "https://app.example"}, false},
		"loopback":              {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			server := startServer(t, "memory", tt.vars)
			if got := strings.Contains(server.Log(), warning); got != tt.want {
				t.Errorf("log: got a warning %v, want %v:\n%s", got, tt.want, server.Log())
			}
		})
	}
}
