package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
)

// TestReadyShowsTheDisk asks servers that are well: each mode on disk says what is
// free on the data directory.
func TestReadyShowsTheDisk(t *testing.T) {
	for _, mode := range allModes {
		t.Run(mode, func(t *testing.T) {
			status, parts := readiness(t, startServer(t, mode, nil))
			if status != 200 || parts["storage"].Status != "ready" || parts["server"].Status != "ready" {
				t.Errorf("got status %d and %+v, want all of it ready", status, parts)
			}
			disk, there := parts["disk"]
			if there != (mode != "memory") {
				t.Errorf("disk: got %+v, want one exactly where something is kept there", disk)
			}
			if there && (disk.Status != "ready" || disk.FreeBytes == nil || *disk.FreeBytes <= 0) {
				t.Errorf("disk: got %+v, want it ready with some bytes", disk)
			}
		})
	}
}

// TestNotReadyBelowTheFloor asks for more room than any disk has. The server says
// that it is not ready, and why, and goes on taking what it has room for.
func TestNotReadyBelowTheFloor(t *testing.T) {
	for name, value := range map[string]string{
		"DS_STORAGE__MIN_FREE_BYTES":  "1024TiB",
		"DS_STORAGE__MIN_FREE_INODES": "1000000000000",
	} {
		t.Run(name, func(t *testing.T) {
			cfg := weirtest.Config{Binary: weirBinary, Mode: "file-durable", Dir: t.TempDir(), Env: env{name: value}}
			server := weirtest.Start(t, cfg)
			status, parts := readiness(t, server)
			disk := parts["disk"]
			if disk.FreeInodes == nil && strings.HasSuffix(name, "INODES") {
				if status != 200 {
					t.Errorf("a file system without a number of files: got status %d and %+v, want it ready", status, disk)
				}
				return
			}
			if status != 503 || disk.Status != "not ready" || !strings.Contains(disk.Reason, name) {
				t.Errorf("got status %d and %+v, want 503 and a reason that names %s", status, disk, name)
			}
			if strings.Contains(disk.Reason, cfg.Dir) {
				t.Errorf("reason: got %q, want no word of the data directory %s", disk.Reason, cfg.Dir)
			}
			if parts["storage"].Status != "ready" || parts["server"].Status != "ready" {
				t.Errorf("got %+v, want the other parts ready", parts)
			}
			checkStillServes(t, server)
		})
	}
}

// checkStillServes appends and reads, and asks whether the server is alive.
func checkStillServes(t *testing.T, server *weirtest.Server) {
	t.Helper()
	a := newAPI(t, server.URL())
	a.create("s", plainText, "taken")
	if got := a.text("s"); got != "taken" {
		t.Errorf("stream: got %q, want what was written", got)
	}
	resp, err := http.Get(server.URL() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Errorf("healthz: got status %d, want 200", resp.StatusCode)
	}
}
