package acidstore_test

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// killDir names the directory on which the test binary, run again as the victim
// of a kill, works until it is killed.
const killDir = "ACIDSTORE_TEST_KILL_DIR"

// TestOfflineVictim is no test but the victim.
func TestOfflineVictim(t *testing.T) {
	dir := os.Getenv(killDir)
	if dir == "" {
		return
	}
	fmt.Println("working")
	for {
		for name, run := range tools {
			if err := run(t.Context(), dir, vfs.OS(dir), smallPiece, nil); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
}

// However a tool is killed, the store has everything.
//
// It is not parallel: a process that is being started has the locks of all others
// for a moment.
func TestOfflineKilled(t *testing.T) {
	dir := t.TempDir()
	want := fill(t, dir, 2)
	for range 20 {
		victim := exec.Command(os.Args[0], "-test.run=^TestOfflineVictim$")
		victim.Env = append(os.Environ(), killDir+"="+dir)
		stdout, err := victim.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := victim.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(stdout)
		if line, err := lines.ReadString('\n'); line != "working\n" {
			t.Fatalf("first line: got %q and %v, want that it works", line, err)
		}
		time.Sleep(rand.N(60 * time.Millisecond)) // the moment of the kill
		if err := victim.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		rest, _ := lines.ReadString(0)
		var exit *exec.ExitError
		if err := victim.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("victim: got %v and %q, want it killed", err, rest)
		}
		want.expect(t, dir, "killed")
	}
	runAgain(t, dir)
	want.expect(t, dir, "run again")
}
