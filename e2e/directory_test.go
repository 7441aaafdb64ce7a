package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
)

// TestSecondProcessIsRefused starts two servers on one directory: the second
// must say why it gives up, whatever its mode, and the first must not notice.
func TestSecondProcessIsRefused(t *testing.T) {
	for _, mode := range durableModes {
		t.Run(mode, func(t *testing.T) {
			dir := t.TempDir()
			server := weirtest.Start(t, weirtest.Config{Binary: weirBinary, Mode: mode, Dir: dir})
			a := newAPI(t, server.URL())
			a.create("notes", plainText, "before ")

			for _, second := range durableModes {
				refuseSecond(t, weirtest.Config{Binary: weirBinary, Mode: second, Dir: dir})
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

func refuseSecond(t *testing.T, cfg weirtest.Config) {
	t.Helper()
	code, output := weirtest.RunRefused(t, cfg, 20*time.Second)
	if code != 1 {
		t.Errorf("second process in mode %s: got exit status %d, want 1", cfg.Mode, code)
	}
	if !strings.Contains(output, cfg.Dir) || !strings.Contains(output, "another") {
		t.Errorf("second process in mode %s: got the message %q, want one that names the directory and the other process",
			cfg.Mode, output)
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
