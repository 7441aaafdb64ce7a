package client_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/weirstreams/weir/cmd/weir/client"
)

// ls runs the command against an admin listener that answers like this, with a
// token.
func ls(t *testing.T, token string, handler http.HandlerFunc, args ...string) outcome {
	t.Helper()
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	var stdout, stderr bytes.Buffer
	env := client.Env{
		Stdout: &stdout, Stderr: &stderr,
		Admin: func() (string, string, error) { return srv.URL, token, nil },
	}
	status := client.Run(t.Context(), "ls", args, env)
	return outcome{status: status, stdout: stdout.String(), stderr: stderr.String()}
}

func TestListPagesAndShowsTheToken(t *testing.T) {
	pages := map[string]string{
		"":  `{"streams":[{"name":"a","content_type":"text/plain","tail":"9","bytes":9,"closed":true,"subscribers":2,"new":1}],"next":"a"}`,
		"a": `{"streams":[],"next":"b"}`,
		"b": `{"streams":[{"name":"c\u001b[2J","content_type":"application/json","tail":"10","bytes":1,"closed":false,"expires_at":"2030-01-31T12:00:00Z","subscribers":0}]}`,
	}
	handler := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/streams" || r.FormValue("prefix") != "p&q" || r.Header.Get("Authorization") != "Bearer hunter2" {
			t.Errorf("got %s with %q, want the list with a prefix and the token", r.URL, r.Header)
		}
		fmt.Fprint(w, pages[r.FormValue("after")])
	}
	got := ls(t, "hunter2", handler, "--prefix", "p&q")
	want := `NAME  TYPE        BYTES  TAIL  STATE   READERS  EXPIRES
a     text/plain  9      9     closed  2        never
c [2J  application/json  1  10  open  0  2030-01-31T12:00:00Z
`
	if got.status != client.OK || got.stdout != want || got.stderr != "" {
		t.Errorf("got status %d, %q and\n%s, want 0 and\n%s", got.status, got.stderr, got.stdout, want)
	}
	// Objects as the server has them, with what this version does not know.
	got = ls(t, "hunter2", handler, "--prefix", "p&q", "--json")
	want = `{"name":"a","content_type":"text/plain","tail":"9","bytes":9,"closed":true,"subscribers":2,"new":1}
{"name":"c\u001b[2J","content_type":"application/json","tail":"10","bytes":1,"closed":false,"expires_at":"2030-01-31T12:00:00Z","subscribers":0}
`
	if got.status != client.OK || got.stdout != want {
		t.Errorf("--json: got status %d and\n%s, want 0 and\n%s", got.status, got.stdout, want)
	}
}

func TestListThatCannotBe(t *testing.T) {
	for _, tt := range []struct {
		body string
		want string
	}{
		{`{"streams":[],"next":"b"}`, "circles"},
		{`<html>`, "does --url lead to the admin listener?"},
		{`{"streams":[7]}`, "read the list"},
	} {
		got := ls(t, "", func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "" {
				t.Error("got a token, want none")
			}
			fmt.Fprint(w, tt.body)
		})
		if got.status != client.Failed || !strings.Contains(got.stderr, tt.want) {
			t.Errorf("%s: got status %d and %q, want %d and %q", tt.body, got.status, got.stderr, client.Failed, tt.want)
		}
	}
}
