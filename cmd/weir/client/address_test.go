package client_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/weirstreams/weir/cmd/weir/client"
	"github.com/weirstreams/weir/limits"
)

func TestStreamURL(t *testing.T) {
	for _, tt := range []struct{ base, name, want string }{
		{"http://h:1/v1/stream", "rooms/1", "http://h:1/v1/stream/rooms/1"},
		{"http://h:1/v1/stream/", "rooms/1", "http://h:1/v1/stream/rooms/1"},
		{"https://h", "a b?#", "https://h/a%20b%3F%23"},
		{"http://h", "100%25/a%2Fb", "http://h/100%25/a%2Fb"},
		{"http://h/v1", "ü", "http://h/v1/%C3%BC"},
		{"http://h/v1/stream/a%2Fb", ".", "http://h/v1/stream/a%2Fb"},
	} {
		got, err := client.StreamURL(tt.base, tt.name)
		if err != nil || got != tt.want {
			t.Errorf("%q below %q: got %q and %v, want %q", tt.name, tt.base, got, err, tt.want)
		}
	}
	for _, tt := range []struct{ base, name, want string }{
		{"h:1/v1", "a", "want"},
		{"ftp://h", "a", "want http or https"},
		{"http://", "a", "want http or https"},
		{"http://h/?a", "a", "want neither ? nor #"},
		{"http://h/#a", "a", "want neither ? nor #"},
		{"http://me:hunter2@h/", "a", "--header"},
		{"http://h\x00", "a", "no URL"},
		{"http://h", "", "empty"},
		{"http://h", "a/../b", `".."`},
		{"http://h", "a//b", "segment"},
		{"http://h", "100%", "percent"},
		{"http://h", "a\nb", "control character"},
	} {
		got, err := client.StreamURL(tt.base, tt.name)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q below %q: got %q and error %v, want an error with %q and without secrets", tt.name, tt.base, got, err, tt.want)
		}
	}
}

// FuzzStreamURL holds that no name leads out of the place that the URL names.
func FuzzStreamURL(f *testing.F) {
	for _, name := range []string{"rooms/1", "a b?#", "..", "%2e%2e/x", "//h/x", "@h", "%", "a%2Fb"} {
		f.Add(name)
	}
	const base = "https://h:1/v1/stream"
	f.Fuzz(func(t *testing.T, name string) {
		got, err := client.StreamURL(base, name)
		if err != nil || name == "." {
			return
		}
		u, err := url.Parse(got)
		if err != nil || u.Host != "h:1" || u.RawQuery != "" || u.Fragment != "" {
			t.Fatalf("%q: got %q and %v, want a URL of the same host, and no query", name, got, err)
		}
		below, ok := strings.CutPrefix(u.EscapedPath(), "/v1/stream/")
		if !ok {
			t.Fatalf("%q: got %q, want a path below that of the URL", name, got)
		}
		if _, err := (limits.Names{}).Parse(below); err != nil {
			t.Errorf("%q: got %q, which is no name: %v", name, got, err)
		}
	})
}

func TestHeaders(t *testing.T) {
	file := filepath.Join(t.TempDir(), "headers")
	if err := os.WriteFile(file, []byte("Authorization: Bearer hunter2\n\nX-B: 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := client.ParseHeaders([]string{"x-a:1", "X-A: 2 ", "@" + file})
	want := http.Header{"X-A": {"1", "2"}, "Authorization": {"Bearer hunter2"}, "X-B": {"2"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v and %v, want %v", got, err, want)
	}
	for _, wrong := range []string{"", "hunter2", ": hunter2", "X A: hunter2", "X-A: hunter2\r\nX-B: 1", "X-A: hunter2\x00", "@" + file + "no"} {
		got, err := client.ParseHeaders([]string{wrong})
		if wrong == "" {
			continue // as an empty line of a file
		}
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: got %v and error %v, want an error without the value", wrong, got, err)
		}
	}
}

func TestOneLine(t *testing.T) {
	if got, want := client.OneLine(" a\x1b[2J\r\n\tb\u202e "), "a [2J b"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestSecretsStayHere holds that headers go to no other server, and are not shown.
func TestSecretsStayHere(t *testing.T) {
	base := newServer(t)
	good(t, base, "", "create", "s")
	elsewhere := newFront(t, base, func(_ http.ResponseWriter, r *http.Request) bool {
		t.Errorf("the server that was redirected to: got %s, want nothing", r.Method)
		return false
	})
	front := newFront(t, base, func(w http.ResponseWriter, r *http.Request) bool {
		if got := r.Header.Get("Authorization"); got != "Bearer hunter2" {
			t.Errorf("got Authorization %q, want the token", got)
		}
		w.Header().Set("Location", elsewhere+"/s")
		w.WriteHeader(http.StatusTemporaryRedirect)
		return true
	})
	for _, name := range []string{"create", "append", "read", "tail", "head", "close", "delete"} {
		got := weir(t.Context(), front, "text", name, "s", "--header", "Authorization: Bearer hunter2")
		if got.status != client.Failed || !strings.Contains(got.stderr, "redirects are not followed: want "+elsewhere) || strings.Contains(got.stderr, "hunter2") {
			t.Errorf("%s: got status %d and %q, want %d and where it was redirected to", name, got.status, got.stderr, client.Failed)
		}
	}
}
