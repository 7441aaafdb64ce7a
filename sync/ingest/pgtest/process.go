package pgtest

import (
	"context"
	"syscall"
	"testing"
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

// Restart stops the server in the given mode and starts it again.
func (s *Server) Restart(t testing.TB, mode Mode) {
	t.Helper()
	s.Stop(t, mode)
	s.Start(t)
}

// Stop stops the server and waits for its end.
func (s *Server) Stop(t testing.TB, mode Mode) {
	t.Helper()
	if err := s.run.Stop(syscall.Signal(mode)); err != nil {
		t.Fatal(err)
	}
}

// Kill ends the postmaster with SIGKILL; its children notice and end by
// themselves a moment later.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	if err := s.run.Stop(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// Start starts a stopped or killed server and waits until it takes connections.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	if err := s.run.Launch(context.Background()); err != nil {
		t.Fatalf("start Postgres: %v", err)
	}
}
