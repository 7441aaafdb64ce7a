package weirtest

import (
	"os"
	"testing"
	"time"
)

// RunRefused starts a server that is expected to give up by itself. It returns
// the exit code and everything it printed, and fails the test if the process is
// still running after patience.
func RunRefused(t testing.TB, cfg Config, patience time.Duration) (code int, output string) {
	t.Helper()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	log := &logBuffer{}
	proc, err := startProcess(cfg.Binary, environment(cfg, port), log)
	if err != nil {
		t.Fatalf("start weir: %v", err)
	}
	code, err = proc.wait(patience)
	if err != nil {
		proc.signal(os.Kill)
		<-proc.done
		t.Fatalf("weir should have given up; %v after %s:\n%s", err, patience, log)
	}
	return code, log.String()
}
