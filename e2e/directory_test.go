package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
)

// TestSecondProcessIsRefused starts two servers on one directory: the second
// must say why it gives up, and the first must not notice.
func TestSecondProcessIsRefused(t *testing.T) {
	for _, mode := range durableModes {
		t.Run(mode, func(t *testing.T) {
			dir := t.TempDir()
			cfg := weirtest.Config{Binary: weirBinary, Mode: mode, Dir: dir}
			server := weirtest.Start(t, cfg)
			a := newAPI(t, server.URL())
			a.create("notes", plainText, "before ")

			code, output := weirtest.RunRefused(t, cfg, 20*time.Second)
			if code == 0 {
				t.Error("second process: got exit status 0, want a failure")
			}
			if !strings.Contains(output, dir) || !strings.Contains(output, "another") {
				t.Errorf("second process: got the message %q, want one that names the directory and the other process", output)
			}
			a.append("notes", plainText, "after")
			server.Kill()
			server.Restart()
			if got, want := a.text("notes"), "before after"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// TestWrongConfiguration wants every mistake listed at once, and exit status 2.
func TestWrongConfiguration(t *testing.T) {
	code, output := weirtest.RunRefused(t, weirtest.Config{
		Binary: weirBinary,
		Mode:   "tape",
		Env: map[string]string{
			"DS_SERVER__LONG_POLL_TIMEOUT_SECS": "soon",
			"DS_LIMITS__MAX_APPEND_BYTES":       "-5",
		},
	}, 20*time.Second)
	if code != 2 {
		t.Errorf("got exit status %d, want 2", code)
	}
	for _, name := range []string{
		"DS_STORAGE__MODE", "DS_SERVER__LONG_POLL_TIMEOUT_SECS", "DS_LIMITS__MAX_APPEND_BYTES",
	} {
		if !strings.Contains(output, name) {
			t.Errorf("got the message %q, want it to name %s", output, name)
		}
	}
}
