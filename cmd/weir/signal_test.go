//go:build unix

package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// program is weir running as a process of its own.
type program struct {
	cmd  *exec.Cmd
	addr string
	log  *bufio.Reader
}

var bannerLine = regexp.MustCompile(`^weir: serving http://(127\.0\.0\.1:\d+)/v1/stream/ from memory: an acknowledged append is .+\n$`)

// startProgram starts weir on a free port and returns when it is ready.
func startProgram(t *testing.T) *program {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "weir")
	cmd.Env = []string{"DS_SERVER__PORT=0", "DS_LOG__FORMAT=json", "PATH=" + os.Getenv("PATH"), quickExit}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })

	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("first line of output: got %q and %v, want the banner", line, err)
	}
	match := bannerLine.FindStringSubmatch(line)
	if match == nil {
		t.Fatalf("first line of output: got %q, want it to match %s", line, bannerLine)
	}
	return &program{cmd: cmd, addr: match[1], log: bufio.NewReader(stderr)}
}

// stop sends a signal and returns when the log says that the server drains.
func (p *program) stop(t *testing.T, signal os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	for {
		line, err := p.log.ReadString('\n')
		if err != nil {
			t.Fatalf("log after %v: got %v, want a line about draining", signal, err)
		}
		if strings.Contains(line, `"message":"draining"`) {
			return
		}
	}
}

// wait returns how the process ended, after everything it logged.
func (p *program) wait(t *testing.T) error {
	t.Helper()
	if _, err := io.Copy(io.Discard, p.log); err != nil {
		t.Fatal(err)
	}
	return p.cmd.Wait()
}

func TestFirstSignalDrains(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		p := startProgram(t)
		p.stop(t, signal)
		if err := p.wait(t); err != nil {
			t.Errorf("exit after %v: got %v, want status 0", signal, err)
		}
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	p := startProgram(t)
	// Draining waits some seconds for a new connection that has begun a request.
	conn, err := net.Dial("tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HT"); err != nil {
		t.Fatal(err)
	}

	// Connections are accepted in order: this answer says that the server has
	// taken the one before it as well.
	response, err := http.Get("http://" + p.addr)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()

	p.stop(t, syscall.SIGTERM)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := p.wait(t); !errors.As(err, &exit) {
		t.Fatalf("exit after two signals: got %v, want a death by signal", err)
	}
	status := exit.Sys().(syscall.WaitStatus)
	if !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Errorf("exit after two signals: got %v, want a death by %v", exit, syscall.SIGTERM)
	}
}
