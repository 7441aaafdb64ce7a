package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
)

// maxFileBytes is where writes to a file begin to fail in these tests, and
// chunkBytes what is appended at a time.
const (
	maxFileBytes = 24 << 20
	chunkBytes   = 256 << 10
)

// withFileLimit returns a program that runs weir with files of maxFileBytes at
// most: to the server, a disk that fails to write.
func withFileLimit(t *testing.T) (binary string) {
	t.Helper()
	binary = filepath.Join(t.TempDir(), "weir-with-limit")
	// POSIX counts the limit in blocks of 512 bytes.
	script := fmt.Sprintf("#!/bin/sh\nulimit -f %d\nexec %q\n", maxFileBytes/512, weirBinary)
	if err := os.WriteFile(binary, []byte(script), 0o750); err != nil {
		t.Fatal(err)
	}
	return binary
}

// TestReadOnlyShard makes the writing of one shard fail. It must take no more
// changes, say so in /readyz by the name of its file, and still be read; streams
// of other shards must go on, and a new start must find all that was
// acknowledged.
func TestReadOnlyShard(t *testing.T) {
	cfg := inShards(t.TempDir(), shards)
	cfg.Binary = withFileLimit(t)
	cfg.Env["DS_LIMITS__MAX_STREAM_BYTES"] = "0"
	server := weirtest.Start(t, cfg)
	a := newAPI(t, server.URL())
	names := make([]string, shardStreams)
	for i := range names {
		names[i] = fmt.Sprint("small/", i)
		a.create(names[i], plainText, "before")
	}
	a.create("large", octets, "")
	acknowledged := fillUntilRefused(a, "large")

	file := checkReadiness(t, server, cfg.Dir)
	a.want(503, "POST", "large", map[string]string{"Content-Type": octets}, "x")
	if got := len(a.text("large")); got != acknowledged {
		t.Errorf("large: got %d bytes, want the %d acknowledged", got, acknowledged)
	}
	halted := appendToAll(a, names)
	if n := len(halted); n == 0 || n > shardStreams/2 {
		t.Errorf("with %s read-only: got %d of %d streams that take nothing, want about one in %d", file, n, shardStreams, shards)
	}

	server.Kill()
	cfg.Binary = weirBinary
	again := weirtest.Start(t, cfg)
	checkAfterFailure(newAPI(t, again.URL()), names, halted, acknowledged)
	if status, _ := readiness(t, again); status != 200 {
		t.Errorf("after a new start: got status %d of /readyz, want 200", status)
	}
}

// fillUntilRefused appends until the server answers 503, and returns how many
// bytes it has acknowledged.
func fillUntilRefused(a api, stream string) (acknowledged int) {
	a.t.Helper()
	chunk := strings.Repeat("0123456789abcdef", chunkBytes/16)
	for acknowledged <= 2*maxFileBytes {
		resp := a.do("POST", stream, map[string]string{"Content-Type": octets}, chunk)
		if resp.Status == 503 {
			return acknowledged
		}
		if resp.Status != 204 {
			a.t.Fatalf("append to %s: got status %d, want 204 or 503: %s", stream, resp.Status, resp.Body)
		}
		acknowledged += chunkBytes
	}
	a.t.Fatalf("got %d bytes acknowledged in files of %d, want a refusal", acknowledged, maxFileBytes)
	return 0
}

// appendToAll appends to every stream and returns those that took nothing.
func appendToAll(a api, names []string) (halted map[string]bool) {
	a.t.Helper()
	halted = make(map[string]bool)
	for _, name := range names {
		resp := a.do("POST", name, map[string]string{"Content-Type": plainText}, " after")
		switch resp.Status {
		case 204:
		case 503:
			halted[name] = true
			if !strings.Contains(string(resp.Body), "storage-read-only") {
				a.t.Errorf("%s: got the problem %s, want storage-read-only", name, resp.Body)
			}
		default:
			a.t.Errorf("append to %s: got status %d, want 204 or 503: %s", name, resp.Status, resp.Body)
		}
	}
	return halted
}

// checkReadiness wants /readyz to name the one shard that is read-only, relative
// to the data directory, and returns its file.
func checkReadiness(t *testing.T, server *weirtest.Server, dir string) (file string) {
	t.Helper()
	status, parts := readiness(t, server)
	storage := parts["storage"].Reason
	t.Logf("readiness: %+v", parts)
	if status != 503 || parts["server"].Status != "ready" || parts["storage"].Status != "not ready" || !strings.Contains(storage, "read-only") {
		t.Errorf("got status %d and %+v, want 503 and the storage read-only", status, parts)
	}
	if strings.Contains(storage, dir) {
		t.Errorf("storage: got %q, want no word of the data directory %s", storage, dir)
	}
	if got := strings.Count(storage, "\n"); got != 0 {
		t.Errorf("storage: got %d lines in %q, want one for the one shard", got+1, storage)
	}
	for i := range shards {
		if name := fmt.Sprintf("%s/%03d.db", shardFolder, i); strings.Contains(storage, name) {
			return name
		}
	}
	t.Errorf("storage: got %q, want the name of a file in %s", storage, shardFolder)
	return ""
}

// component is one part of the server as /readyz tells of it.
type component struct {
	Status     string
	Reason     string
	FreeBytes  *int64 `json:"free_bytes"`
	FreeInodes *int64 `json:"free_inodes"`
}

// readiness asks /readyz.
func readiness(t *testing.T, server *weirtest.Server) (status int, parts map[string]component) {
	t.Helper()
	resp, err := http.Get(server.URL() + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Status     string
		Components map[string]component
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("readiness: %v: %s", err, body)
	}
	if got := answer.Status == "ready"; got != (resp.StatusCode == 200) {
		t.Errorf("readiness: got %q with status %d, want them to agree", answer.Status, resp.StatusCode)
	}
	return resp.StatusCode, answer.Components
}

// checkAfterFailure reads what was acknowledged before and beside the failure,
// and writes to all of it. The append that met the failure got no promise: it may
// be there, but then whole.
func checkAfterFailure(a api, names []string, halted map[string]bool, acknowledged int) {
	a.t.Helper()
	for _, name := range names {
		want := "before after"
		if halted[name] {
			want = "before"
		}
		if got := a.text(name); got != want {
			a.t.Errorf("%s after a new start: got %q, want %q", name, got, want)
		}
		a.append(name, plainText, "!")
	}
	if got := len(a.text("large")); got != acknowledged && got != acknowledged+chunkBytes {
		a.t.Errorf("large after a new start: got %d bytes, want the %d acknowledged or one append more", got, acknowledged)
	}
	a.append("large", octets, "x")
}
