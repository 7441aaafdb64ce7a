package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	startTime = 60 * time.Second
	stopTime  = 90 * time.Second // a fast stop waits a wal_sender_timeout of 60 s
)

// Launch starts a server that was stopped or killed, and waits until it takes
// connections. After a kill it tries again as long as it meets the processes of before,
// which end within moments.
func (s *Server) Launch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		err := s.launchOnce(ctx)
		if err == nil || !s.killed || ctx.Err() != nil {
			s.killed = s.killed && err != nil
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (s *Server) launchOnce(ctx context.Context) error {
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := s.user.command(filepath.Join(s.o.Bin, "postgres"), "-D", s.data())
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	s.cmd, s.exited = cmd, make(chan struct{})
	go func(exited chan struct{}) {
		defer close(exited)
		_ = cmd.Wait() // how it ended, its log says
	}(s.exited)
	return s.ready(ctx)
}

// ready waits until the server takes a connection or has ended.
func (s *Server) ready(ctx context.Context) error {
	for {
		c, err := pgconn.Connect(ctx, s.DSN("postgres"))
		if err == nil {
			return c.Close(ctx)
		}
		select {
		case <-s.exited:
			return fmt.Errorf("it ended at once: %s", s.log())
		case <-ctx.Done():
			return errors.Join(err, s.end())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Running tells whether the server was started and not stopped since.
func (s *Server) Running() bool { return s.cmd != nil }

// Stop sends the server a signal and waits for its end: SIGINT for the fast way, which
// waits for walsenders and writes a checkpoint, SIGQUIT for one that has the next start
// recover. After SIGKILL its children end by themselves a moment later. Stopping twice is
// stopping once.
func (s *Server) Stop(signal syscall.Signal) error {
	if s.cmd == nil {
		return nil
	}
	s.killed = signal == syscall.SIGKILL
	if err := s.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop Postgres: %w", err)
	}
	select {
	case <-s.exited:
		s.cmd = nil
		return nil
	case <-time.After(stopTime):
		return fmt.Errorf("stop Postgres: it still runs %v after signal %v", stopTime, signal)
	}
}

func (s *Server) end() error { return s.Stop(syscall.SIGQUIT) }

// log returns what the server wrote since its last start.
func (s *Server) log() string {
	text, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(text))
}
