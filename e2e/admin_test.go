package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
	"github.com/weirstreams/weir/e2e/internal/wire"
)

const adminToken = "only-for-tests-0123456789"

// admin asks a server's admin listener.
type admin struct {
	t           *testing.T
	addr, token string
}

// get returns the answer to a request by this name of the host, "" for its address.
func (a admin) get(host, path string) (*http.Response, []byte) {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, "http://"+a.addr+path, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	request.Host = host
	if a.token != "" {
		request.Header.Set("Authorization", "Bearer "+a.token)
	}
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		a.t.Fatalf("get %s: %v", path, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		a.t.Fatalf("get %s: %v", path, err)
	}
	return resp, body
}

func (a admin) want(status int, path string) []byte {
	a.t.Helper()
	resp, body := a.get("", path)
	if resp.StatusCode != status {
		a.t.Fatalf("get %s: got status %d and %s, want %d", path, resp.StatusCode, body, status)
	}
	return body
}

// TestAdminTokenOpensThePublicAddress has the admin listener on every interface. It
// needs a token for that, and then serves whoever has it, by any name.
func TestAdminTokenOpensThePublicAddress(t *testing.T) {
	cfg := operable(t, "file-durable", t.TempDir())
	local := cfg.Env["DS_ADMIN__LISTEN"]
	cfg.Env["DS_ADMIN__LISTEN"] = strings.Replace(local, "127.0.0.1", "0.0.0.0", 1)
	code, output := weirtest.RunRefused(t, cfg, patience)
	if code != 2 || !strings.Contains(output, "DS_ADMIN__TOKEN") || !strings.Contains(output, "DS_ADMIN__LISTEN") {
		t.Errorf("without a token: got exit status %d and %s, want 2 and both variables named", code, output)
	}

	cfg.Env["DS_ADMIN__TOKEN"] = adminToken
	cfg.Env["DS_LOG__LEVEL"] = "trace"
	server := weirtest.Start(t, cfg)
	for _, path := range []string{"/", "/metrics", "/streams", "/debug/pprof/", "/nowhere"} {
		for _, wrong := range []string{"", adminToken + "x"} {
			resp, body := admin{t, local, wrong}.get("", path)
			if resp.StatusCode != 401 || resp.Header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s with the token %q: got status %d and %s, want 401 and WWW-Authenticate", path, wrong, resp.StatusCode, body)
			}
		}
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		admin{t, local, ""}.want(200, path)
	}
	for _, path := range []string{"/", "/metrics", "/streams", "/debug/pprof/goroutine?debug=1"} {
		if resp, body := (admin{t, local, adminToken}).get("weir-0.weir.svc", path); resp.StatusCode != 200 {
			t.Errorf("%s by name with the token: got status %d and %s, want 200", path, resp.StatusCode, body)
		}
	}
	checkBackupNeedsTheToken(t, cfg, local)
	server.Stop()
	if strings.Contains(server.Log(), adminToken) {
		t.Errorf("log: got the token in it, want no word of it")
	}
}

// checkBackupNeedsTheToken has weir backup ask the server, with the token and
// without.
func checkBackupNeedsTheToken(t *testing.T, cfg weirtest.Config, listen string) {
	t.Helper()
	asking := into(cfg, cfg.Dir)
	asking.Env["DS_ADMIN__LISTEN"] = listen
	mustWeir(t, asking, "backup", filepath.Join(t.TempDir(), "copy"))
	for _, token := range []string{"", "not-the-right-token-at-all"} {
		asking.Env["DS_ADMIN__TOKEN"] = token
		out, err := weir(t, asking, "backup", filepath.Join(t.TempDir(), "copy"))
		if err == nil || !strings.Contains(out, "401") || !strings.Contains(out, "DS_ADMIN__TOKEN") || token != "" && strings.Contains(out, token) {
			t.Errorf("backup with the token %q: got %v and %s, want it refused, the variable named, and no token", token, err, out)
		}
	}
}

// listedStream is one stream of GET /streams.
type listedStream struct {
	Name        string `json:"name"`
	ContentType string `json:"content_type"`
	Tail        string `json:"tail"`
	Bytes       int64  `json:"bytes"`
	Closed      bool   `json:"closed"`
	ExpiresAt   string `json:"expires_at"`
	Subscribers int64  `json:"subscribers"`
}

// streams returns all streams below a prefix, by pages of so many.
func (a admin) streams(prefix string, limit int) (all []listedStream) {
	a.t.Helper()
	for after := ""; ; {
		var page struct {
			Streams []listedStream
			Next    string
		}
		body := a.want(200, fmt.Sprintf("/streams?prefix=%s&after=%s&limit=%d", prefix, after, limit))
		if err := json.Unmarshal(body, &page); err != nil || len(page.Streams) > limit {
			a.t.Fatalf("streams: got %v and %s, want at most %d", err, body, limit)
		}
		all = append(all, page.Streams...)
		if after = page.Next; after == "" {
			return all
		}
	}
}

// awaitReader returns when the server has a live reader of the stream.
func (a admin) awaitReader(stream string) {
	a.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if list := a.streams(stream, 1); len(list) > 0 && list[0].Name == stream && list[0].Subscribers > 0 {
			return
		}
	}
	a.t.Fatalf("nobody reads %s after %v", stream, patience)
}

// TestAdminListsStreams makes streams of every kind and looks at the list, page by
// page, before and after a restart where there is an after.
func TestAdminListsStreams(t *testing.T) {
	for _, mode := range allModes {
		t.Run(mode, func(t *testing.T) {
			cfg := operable(t, mode, "")
			if mode != "memory" {
				cfg.Dir = t.TempDir()
			}
			server := weirtest.Start(t, cfg)
			a := newAPI(t, server.URL())
			tail := a.create("rooms/1", jsonType, `[1,2,3]`).Offset()
			fork := a.want(201, "PUT", "rooms/2", wire.Header{"Content-Type": jsonType, "Stream-Forked-From": "/v1/stream/rooms/1"}, `[4]`).Offset()
			a.want(201, "PUT", "rooms/3", wire.Header{"Content-Type": octets, "Stream-Closed": "true", "Stream-Expires-At": "2099-01-02T03:04:05Z"}, "abc")
			a.create("rooms/deleted", plainText, "x")
			a.want(204, "DELETE", "rooms/deleted", nil, "")
			a.create("other", plainText, "")
			want := []listedStream{
				{Name: "rooms/1", ContentType: jsonType, Tail: tail, Bytes: 6},
				{Name: "rooms/2", ContentType: jsonType, Tail: fork, Bytes: 2},
				{Name: "rooms/3", ContentType: octets, Tail: "0000000000000000_0000000000000003", Bytes: 3, Closed: true, ExpiresAt: "2099-01-02T03:04:05Z"},
			}
			list := admin{t: t, addr: cfg.Env["DS_ADMIN__LISTEN"]}
			checkListed(t, list, want)
			if server.Durable() {
				server.Stop()
				server.Restart()
				checkListed(t, list, want)
			}
			follow(t, a, "rooms/1", "now")
			follow(t, a, "rooms/1", "now")
			want[0].Subscribers = 2
			checkListed(t, list, want)
		})
	}
}

func checkListed(t *testing.T, list admin, want []listedStream) {
	t.Helper()
	for _, limit := range []int{1, 2, 1000} {
		if got := list.streams("rooms/", limit); !slices.Equal(got, want) {
			t.Errorf("pages of %d: got %+v, want %+v", limit, got, want)
		}
	}
}

// TestProfileDoesNotHoldUpTheEnd stops a server while a profile of a minute is
// taken.
func TestProfileDoesNotHoldUpTheEnd(t *testing.T) {
	cfg := operable(t, "memory", "")
	server := weirtest.Start(t, cfg)
	asked := admin{t: t, addr: cfg.Env["DS_ADMIN__LISTEN"]}
	ended := make(chan struct{})
	go func() {
		for refused := true; refused; { // as long as one of those below is taken
			resp, err := http.Get("http://" + asked.addr + "/debug/pprof/profile?seconds=60")
			if err != nil {
				break
			}
			refused = resp.StatusCode == http.StatusInternalServerError
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		close(ended)
	}()
	// One profile is taken at a time, which shows that the other has begun.
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		resp, _ := asked.get("", "/debug/pprof/profile?seconds=1")
		if resp.StatusCode == http.StatusInternalServerError {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the profile of a minute has not begun")
		}
	}
	begin := time.Now()
	server.Stop()
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("the server took %s to stop, want it not to wait for the profile", took)
	}
	<-ended
}

// TestLogNamesTheInstance looks at every line that a server writes from its start
// to its end.
func TestLogNamesTheInstance(t *testing.T) {
	server := startServer(t, "file-durable", env{"DS_INSTANCE_ID": "weir-0:a", "DS_LOG__LEVEL": "trace", "DS_LOG__FORMAT": "json"})
	a := newAPI(t, server.URL())
	a.create("s", plainText, "x")
	server.Stop()
	lines := 0
	for line := range strings.Lines(server.Log()) {
		if !strings.HasPrefix(line, "{") { // where the streams are, on standard output
			continue
		}
		lines++
		if !strings.Contains(line, `"instance":"weir-0:a"`) {
			t.Errorf("log: got %s, want the instance in it", line)
		}
	}
	if lines == 0 {
		t.Errorf("log: got %s, want lines in JSON", server.Log())
	}
}
