package weirtest

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"time"
)

// errStillRunning reports a process that did not end in the time given.
var errStillRunning = errors.New("the process is still running")

// process is one run of the binary.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
}

// startProcess runs binary with env and sends all its output to out.
func startProcess(binary string, env []string, out io.Writer) (*process, error) {
	cmd := exec.Command(binary)
	cmd.Env = env
	cmd.Stdout = out
	cmd.Stderr = out
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	go func() {
		// The exit status is read from ProcessState; Wait's own error adds
		// nothing to it.
		_ = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

func (p *process) exited() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// wait returns the exit code, which is -1 for a process ended by a signal, or
// errStillRunning when the process outlives patience.
func (p *process) wait(patience time.Duration) (int, error) {
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode(), nil
	case <-time.After(patience):
		return 0, errStillRunning
	}
}

// signal ignores a process that has ended already: the caller finds out by
// waiting.
func (p *process) signal(s os.Signal) {
	_ = p.cmd.Process.Signal(s)
}
