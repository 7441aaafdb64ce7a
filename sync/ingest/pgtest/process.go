package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Mode is how a server is stopped.
type Mode syscall.Signal

const (
	// Fast ends the clients, waits for the walsenders to be confirmed, and
	// writes a checkpoint.
	Fast = Mode(syscall.SIGINT)
	// Immediate ends without a checkpoint: the next start recovers.
	Immediate = Mode(syscall.SIGQUIT)
)

const (
	startTimeout = 30 * time.Second
	stopTimeout  = 90 * time.Second // a fast stop waits a wal_sender_timeout of 60 s
)

// Restart stops the server in the given mode and starts it again.
func (s *Server) Restart(t testing.TB, mode Mode) {
	t.Helper()
	s.Stop(t, mode)
	s.Start(t)
}

// Stop stops the server and waits for its end.
func (s *Server) Stop(t testing.TB, mode Mode) {
	t.Helper()
	if err := s.stop(syscall.Signal(mode)); err != nil {
		t.Fatal(err)
	}
}

// Kill ends the postmaster with SIGKILL; its children notice and end by
// themselves a moment later.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	s.killed = true
	if err := s.stop(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// Start starts a stopped or killed server and waits until it takes connections.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	if err := s.launch(); err != nil {
		t.Fatal(fmt.Errorf("start Postgres: %w", err))
	}
}

// launch tries again where a start after a kill meets the children of before,
// which end within moments.
func (s *Server) launch() error {
	deadline := time.Now().Add(startTimeout)
	for {
		err := s.launchOnce(deadline)
		if err == nil || !s.killed || time.Now().After(deadline) {
			s.killed = s.killed && err != nil
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (s *Server) launchOnce(deadline time.Time) error {
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := s.user.command(filepath.Join(s.bin, "postgres"), "-D", s.data())
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	s.cmd, s.exited = cmd, make(chan struct{})
	go func(exited chan struct{}) {
		defer close(exited)
		cmd.Wait()
	}(s.exited)
	return s.ready(deadline)
}

// ready waits until the server takes a connection or has ended.
func (s *Server) ready(deadline time.Time) error {
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	for {
		c, err := pgconn.Connect(ctx, s.DSN("postgres"))
		if err == nil {
			return c.Close(ctx)
		}
		select {
		case <-s.exited:
			return fmt.Errorf("it ended at once:\n%s", s.log())
		case <-ctx.Done():
			return errors.Join(err, s.stop(syscall.SIGQUIT))
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (s *Server) stop(signal syscall.Signal) error {
	if s.cmd == nil {
		return nil
	}
	if err := s.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop Postgres: %w", err)
	}
	select {
	case <-s.exited:
		s.cmd = nil
		return nil
	case <-time.After(stopTimeout):
		return fmt.Errorf("stop Postgres: it still runs %v after signal %v", stopTimeout, signal)
	}
}

// remove ends the server and deletes what it leaves.
func (s *Server) remove() error {
	return errors.Join(s.stop(syscall.SIGQUIT), os.RemoveAll(s.dir), templates.release())
}

// log returns what the server wrote since its last start.
func (s *Server) log() string {
	text, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return err.Error()
	}
	return string(text)
}
