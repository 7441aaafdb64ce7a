package postgres_test

import (
	"maps"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
	"github.com/weirstreams/weir/e2e/internal/wire"
)

// T32: a second server at the same slot waits, says for whom, and writes nothing.
func TestSecondInstanceWaits(t *testing.T) {
	l := newLab(t, setup{Workload: true})
	env := maps.Clone(l.env)
	delete(env, "DS_ADMIN__LISTEN")
	second := weirtest.Start(t, weirtest.Config{Binary: weirBinary, Mode: "file-durable", Dir: keptDir(t), Env: env})
	l.await("E106 in the log of the second", func() (bool, error) {
		return strings.Contains(second.Log(), "E106"), nil
	})
	l.work(10)
	l.check()
	client := wire.New(second.URL(), 1)
	defer client.Close()
	resp, err := client.Do(t.Context(), wire.Request{Method: "GET", Stream: streamOf("accounts") + "?offset=-1"})
	l.must(err)
	if resp.Status != 404 {
		t.Errorf("the second: got status %d for a stream of the first's, want 404", resp.Status)
	}
	second.Stop()
	l.work(5)
	l.check()
}

// T32: the owner of the slot is stopped for longer than Postgres waits for it, and
// goes on where it was.
func TestFrozenInstanceGoesOn(t *testing.T) {
	l := newLab(t, setup{Workload: true, Settings: map[string]string{"wal_sender_timeout": "2s"}})
	l.during(func() {
		for range sized(1, 3) {
			l.must(syscall.Kill(l.weir.PID(), syscall.SIGSTOP))
			l.await("a slot that nobody holds", func() (bool, error) {
				active, err := l.slotActive()
				return !active, err
			})
			l.pause(0, sized(time.Second, 2*time.Minute))
			l.must(syscall.Kill(l.weir.PID(), syscall.SIGCONT))
			l.lag()
		}
	})
	l.check()
}
