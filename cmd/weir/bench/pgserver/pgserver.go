// Package pgserver starts a temporary Postgres server for measurements: with the
// defaults of Postgres, fsync among them, but for what Settings lists. Start with
// Start; Close removes everything.
package pgserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Settings are those that differ from Postgres' defaults besides addresses: logical
// decoding, and room for the log so that no checkpoint falls into a measurement.
const Settings = `wal_level = logical
max_wal_size = 64GB
checkpoint_timeout = 1d
`

// Server is a running Postgres server. Its methods belong to one goroutine.
type Server struct {
	bin  string
	user account
	dir  string
	port int

	cmd    *exec.Cmd
	exited chan struct{} // closed when cmd has ended
}

const (
	startTime = 60 * time.Second
	stopTime  = 60 * time.Second
)

// Start makes a server in a new directory below base ("" is the system's for
// temporary files) and returns when it takes connections.
func Start(ctx context.Context, base string) (s *Server, err error) {
	s = &Server{}
	if s.bin, err = Programs("initdb", "postgres", "pg_recvlogical"); err != nil {
		return nil, err
	}
	if s.user, err = serverAccount(); err != nil {
		return nil, err
	}
	if s.dir, err = s.user.tempDir(base); err != nil {
		return nil, fmt.Errorf("make a directory for Postgres: %w", err)
	}
	if err := s.launch(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start a temporary Postgres: %w", err), s.Close())
	}
	return s, nil
}

// URL is that of a superuser's connection.
func (s *Server) URL() string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", s.port)
}

func (s *Server) launch(ctx context.Context) error {
	data := filepath.Join(s.dir, "data")
	if err := s.user.initdb(s.bin, data); err != nil {
		return err
	}
	if err := s.configure(filepath.Join(data, "postgresql.conf")); err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd = s.user.command(filepath.Join(s.bin, "postgres"), "-D", data)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		s.cmd = nil
		return err
	}
	s.exited = make(chan struct{})
	go func() {
		defer close(s.exited)
		// How it ended, its log says.
		_ = s.cmd.Wait()
	}()
	return s.ready(ctx)
}

func (s *Server) configure(path string) error {
	var err error
	if s.port, err = freePort(); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = fmt.Fprintf(f, "%slisten_addresses = '127.0.0.1'\nport = %d\nunix_socket_directories = ''\n", Settings, s.port)
	return err
}

// ready waits until the server takes a connection or has ended.
func (s *Server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		c, err := pgconn.Connect(ctx, s.URL())
		if err == nil {
			return c.Close(ctx)
		}
		select {
		case <-s.exited:
			return fmt.Errorf("it ended at once: %s", s.log())
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *Server) log() string {
	text, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(text))
}

// Close ends the server without a checkpoint and removes what it leaves. It may be
// called again.
func (s *Server) Close() error {
	return errors.Join(s.stop(), os.RemoveAll(s.dir))
}

func (s *Server) stop() error {
	if s.cmd == nil {
		return nil
	}
	if err := s.cmd.Process.Signal(syscall.SIGQUIT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop Postgres: %w", err)
	}
	select {
	case <-s.exited:
		s.cmd = nil
		return nil
	case <-time.After(stopTime):
		return fmt.Errorf("stop Postgres: it still runs after %v", stopTime)
	}
}

// freePort returns a port that was free a moment ago.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
