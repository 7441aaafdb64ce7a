package weirtest

import (
	"os/exec"
	"testing"
)

// Command returns weir with arguments, in the environment of a server of cfg. It
// is not started.
func Command(cfg Config, args ...string) *exec.Cmd {
	cmd := exec.Command(cfg.Binary, args...)
	cmd.Env = environment(cfg, 0)
	return cmd
}

// FreePort returns a port of 127.0.0.1 that nobody listened on a moment ago.
func FreePort(t testing.TB) int {
	t.Helper()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	return port
}
