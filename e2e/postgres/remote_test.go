package postgres_test

import (
	"maps"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// remoteIngest is a process that ingests into a server elsewhere, and its successors.
// It is for the test's goroutine.
type remoteIngest struct {
	t   *testing.T
	url string
	env map[string]string
	log strings.Builder
	cmd *exec.Cmd // nil while there is none
}

// startRemote begins to ingest into the server at an origin, until the test ends.
func startRemote(t *testing.T, origin string, env map[string]string) *remoteIngest {
	t.Helper()
	r := &remoteIngest{t: t, url: origin + "/v1/stream", env: maps.Clone(env)}
	delete(r.env, "DS_ADMIN__LISTEN") // the server has it
	r.start()
	t.Cleanup(func() {
		r.kill()
		if t.Failed() {
			t.Logf("log of weir ingest:\n%s", &r.log)
		}
	})
	return r
}

func (r *remoteIngest) start() {
	r.t.Helper()
	cmd := exec.Command(weirBinary, "ingest", "--url", r.url)
	cmd.Env = os.Environ()
	for name, value := range r.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Stdout, cmd.Stderr = &r.log, &r.log
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.cmd = cmd
}

// kill ends the process as it cannot see coming.
func (r *remoteIngest) kill() {
	if r.cmd == nil {
		return
	}
	_ = r.cmd.Process.Kill() // it may have ended
	_ = r.cmd.Wait()         // with the status of what was killed
	r.cmd = nil
}

// stop asks the process to end and wants it to end well.
func (r *remoteIngest) stop() {
	r.t.Helper()
	_ = r.cmd.Process.Signal(os.Interrupt)
	if err := r.cmd.Wait(); err != nil {
		r.t.Errorf("weir ingest, asked to end: got %v, want status 0", err)
	}
	r.cmd = nil
}

// A process that ingests into a server over HTTP loses and doubles nothing, however
// often either of them is killed.
func TestRemoteKilled(t *testing.T) {
	l := newLab(t, setup{Workload: true, Remote: true})
	l.during(func() {
		for i := range sized(4, 100) {
			l.pause(100*time.Millisecond, 600*time.Millisecond)
			if i%2 == 1 {
				l.killWeir()
				continue
			}
			l.remote.kill()
			l.remote.start()
		}
	})
	l.check()
	l.remote.stop()
}
