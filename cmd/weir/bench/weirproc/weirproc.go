// Package weirproc runs this program as a server of its own process, for
// measurements that start and stop one. Start with Start.
package weirproc

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Process is a running server. Its methods belong to one goroutine.
type Process struct {
	// URL is where the streams are, with a slash at its end.
	URL string
	// Admin is the origin of the admin listener.
	Admin string

	cmd    *exec.Cmd
	exited chan struct{} // closed when cmd has ended
	log    *log
}

const (
	startTime = 30 * time.Second
	// streamTime is how long it may take until changes are read: an old connection
	// to the same slot may have to end first.
	streamTime = 2 * time.Minute
	stopTime   = 60 * time.Second
)

// Start runs the server with the DS_* variables in env, on free ports of the
// loopback, and returns when it serves. DS_* variables of this process do not count.
func Start(ctx context.Context, env map[string]string) (*Process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	admin, err := freeAddress()
	if err != nil {
		return nil, err
	}
	p := &Process{Admin: "http://" + admin, exited: make(chan struct{}), log: newLog()}
	p.cmd = exec.Command(program, "serve")
	p.cmd.Env = environment(env, admin)
	// A signal from the terminal is for the process that measures.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	p.cmd.Stderr = p.log
	banner, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("start a server: %w", err)
	}
	said := make(chan string, 1)
	go p.watch(banner, said)
	if err := p.serving(ctx, said); err != nil {
		return nil, errors.Join(fmt.Errorf("start a server: %w", err), p.Stop())
	}
	return p, nil
}

// environment is that of this process with other DS_* variables.
func environment(env map[string]string, admin string) []string {
	var all []string
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "DS_") {
			all = append(all, entry)
		}
	}
	for name, value := range env {
		all = append(all, name+"="+value)
	}
	return append(all, "DS_SERVER__HOST=127.0.0.1", "DS_SERVER__PORT=0", "DS_ADMIN__LISTEN="+admin, "DS_LOG__FORMAT=json")
}

// watch reads the line that says where the server is, and then waits for its end.
func (p *Process) watch(out io.Reader, said chan<- string) {
	defer close(p.exited)
	r := bufio.NewReader(out)
	line, _ := r.ReadString('\n') // without a line it has ended, which is seen
	said <- line
	// What else it prints is nobody's concern, nor how it ended: the log says that.
	_, _ = io.Copy(io.Discard, r)
	_ = p.cmd.Wait()
}

// serving waits for the line "weir: serving URL from TIER: PROMISE".
func (p *Process) serving(ctx context.Context, said <-chan string) error {
	select {
	case line := <-said:
		rest, banner := strings.CutPrefix(line, "weir: serving ")
		url, _, whole := strings.Cut(rest, " ")
		if p.URL = url; !banner || !whole {
			return fmt.Errorf("it has ended: %s", p.log.tail())
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(startTime):
		return fmt.Errorf("it does not serve after %v: %s", startTime, p.log.tail())
	}
}

// PID is the number of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Streaming waits until the server reads changes, and returns since when.
func (p *Process) Streaming(ctx context.Context) (time.Time, error) {
	for deadline := time.Now().Add(streamTime); ; {
		if at := p.log.streamingSince(); !at.IsZero() {
			return at, nil
		}
		if time.Now().After(deadline) {
			return time.Time{}, fmt.Errorf("the server does not read changes after %v: %s", streamTime, p.log.tail())
		}
		if err := p.Pause(ctx, time.Millisecond); err != nil {
			return time.Time{}, err
		}
	}
}

// Pause waits for a while. It returns an error when the server has ended or has
// given up reading changes, or when ctx ends.
func (p *Process) Pause(ctx context.Context, d time.Duration) error {
	if text := p.log.failure(); text != "" {
		return fmt.Errorf("the server cannot go on: %s", text)
	}
	select {
	case <-p.exited:
		return fmt.Errorf("the server has ended: %s", p.log.tail())
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// Stop ends the server in order, or by force if that takes too long. It may be
// called again.
func (p *Process) Stop() error {
	// One that has ended is what is wanted.
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.exited:
		return nil
	case <-time.After(stopTime):
		_ = p.cmd.Process.Kill()
		<-p.exited
		return fmt.Errorf("the server had to be killed: it still ran %v after SIGTERM", stopTime)
	}
}

// freeAddress returns an address of the loopback that was free a moment ago.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}
