package changes

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/weirstreams/weir/cmd/weir/bench/procfs"
)

// lookEvery is how often a side is looked at: a server is to have other things to do.
const lookEvery = 10 * time.Millisecond

// showEvery is how often it is shown how far a side is.
const showEvery = 200 * time.Millisecond

// firstBytes is how much a process has moved when the first rows have arrived: more
// than the little that comes before them.
const firstBytes = 64 << 10

// ran is one side's time over a part of the log.
type ran struct {
	// whole is from the beginning of the session, what Postgres does before it
	// sends the first row included. first is that part, 0 if it was not seen.
	whole, first time.Duration
	bytes        int64 // of messages; the ceiling only
	cpu          time.Duration
	growth       int64 // of memory; the server only
}

func (r ran) seconds() float64    { return r.whole.Seconds() }
func (r ran) afterFirst() float64 { return (r.whole - r.first).Seconds() }

// ceiling lets pg_recvlogical read the log from startSlot to end and throw it away.
func (l *lab) ceiling(ctx context.Context, w *load, end string) (ran, error) {
	if err := l.copySlot(ctx, startSlot, rawSlot); err != nil {
		return ran{}, err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(l.bin, "pg_recvlogical"), "-d", l.url, "-S", rawSlot, "--start", "--no-loop", "-v",
		"-o", "proto_version=1", "-o", `publication_names="`+name+`"`, "-f", "/dev/null", "--endpos="+end)
	// SIGTERM lets it say goodbye, so that its slot is free.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = tidyTime
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	said := &initiation{}
	cmd.Stderr = said
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	if err := cmd.Start(); err != nil {
		return ran{}, fmt.Errorf("start pg_recvlogical: %w", err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	shown := l.env.Progress(w.name+": reading by pg_recvlogical", elapsed)
	defer shown.End()
	r, err := watchCeiling(cmd.Process.Pid, said, done, shown)
	if err != nil {
		return r, fmt.Errorf("pg_recvlogical: %w: %s", err, said.text())
	}
	return r, l.dropSlot(ctx, rawSlot)
}

// initiation is what pg_recvlogical says, and when it said that its session has
// begun. It may be used by several goroutines.
type initiation struct {
	mu    sync.Mutex // guards all below
	said  []byte
	began time.Time
}

// maxSaid bounds what is kept, in bytes.
const maxSaid = 4 << 10

// Write implements io.Writer.
func (i *initiation) Write(p []byte) (int, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.said = append(i.said, p[:min(len(p), maxSaid-len(i.said))]...)
	if i.began.IsZero() && bytes.Contains(i.said, []byte("streaming initiated")) {
		i.began = time.Now()
	}
	return len(p), nil
}

func (i *initiation) text() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return string(bytes.TrimSpace(i.said))
}

// since is how long ago the session began, 0 before that.
func (i *initiation) since() time.Duration {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.began.IsZero() {
		return 0
	}
	return time.Since(i.began)
}

var errNotInitiated = errors.New("it did not say when its session began")

// watchCeiling waits for the end, and notes what the process has written until then.
func watchCeiling(pid int, said *initiation, done <-chan error, shown Progress) (r ran, err error) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	told := time.Duration(0)
	for {
		select {
		case err := <-done:
			if r.whole = said.since(); r.whole == 0 && err == nil {
				err = errNotInitiated
			}
			return r, err
		case <-tick.C:
			// It may end at any time: then the values before count.
			if moved, err := procfs.MovedBy(pid); err == nil {
				r.bytes = max(r.bytes, moved.Written)
			}
			if cpu, err := procfs.CPU(pid); err == nil {
				r.cpu = max(r.cpu, cpu)
			}
			if r.first == 0 && r.bytes > firstBytes {
				r.first = said.since()
			}
			if now := said.since(); now-told > showEvery {
				told = now
				shown.At(int64(now), -1)
			}
		}
	}
}
