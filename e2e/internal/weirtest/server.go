package weirtest

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"
)

// How long a server may take to answer /healthz, and to exit after SIGTERM.
// Both are far above what a healthy server needs on a loaded machine.
const (
	startPatience = 30 * time.Second
	stopPatience  = 30 * time.Second
)

// Config says which binary to run and how.
type Config struct {
	// Binary is the path of the weir command. Required.
	Binary string
	// Mode is DS_STORAGE__MODE. Required.
	Mode string
	// Dir is DS_STORAGE__DATA_DIR; empty leaves the variable unset.
	Dir string
	// Env holds further DS_* variables.
	Env map[string]string
	// TLS is how a client has to speak to a server whose Env says that it speaks TLS.
	TLS *tls.Config
}

// Server is a weir process and, over restarts, its successors on the same port
// and directory. Its methods must be called from the test's goroutine, except
// URL.
type Server struct {
	t    testing.TB
	cfg  Config
	port int
	log  *logBuffer
	proc *process // nil while stopped
}

// Start runs a server on a free port and returns when it is healthy. It ends
// with the test.
func Start(t testing.TB, cfg Config) *Server {
	t.Helper()
	s := &Server{t: t, cfg: cfg, log: &logBuffer{}}
	t.Cleanup(s.cleanup)
	for range 5 {
		port, err := freePort()
		if err != nil {
			t.Fatal(err)
		}
		s.port = port
		if s.run() {
			return s
		}
		// Somebody took the port in between; anything else would fail again.
		if !s.log.contains("address already in use") {
			break
		}
	}
	t.Fatalf("weir did not start; got the log:\n%s", s.log)
	return nil
}

// URL returns the server's origin, such as http://127.0.0.1:4437.
func (s *Server) URL() string {
	if s.cfg.TLS != nil {
		return "https://" + s.Addr()
	}
	return "http://" + s.Addr()
}

// Addr returns the host and port the server listens on.
func (s *Server) Addr() string {
	return fmt.Sprintf("127.0.0.1:%d", s.port)
}

// Durable reports whether the server keeps its data over a restart.
func (s *Server) Durable() bool {
	return s.cfg.Dir != ""
}

// Log returns what the server and its predecessors have printed, or the newest
// part of it.
func (s *Server) Log() string {
	return s.log.String()
}

// Stop asks the server to end with SIGTERM and fails the test unless it exits
// with status 0 in time.
func (s *Server) Stop() {
	s.t.Helper()
	s.Terminate()
	s.Wait()
}

// Terminate asks the server to end with SIGTERM. Wait is to follow.
func (s *Server) Terminate() { s.proc.signal(syscall.SIGTERM) }

// Wait returns when the server has ended by itself, and fails the test unless that
// is with status 0 and in time.
func (s *Server) Wait() {
	s.t.Helper()
	code, err := s.proc.wait(stopPatience)
	if err != nil {
		s.t.Fatalf("weir after SIGTERM: %v", err)
	}
	s.proc = nil
	if code != 0 {
		s.t.Fatalf("weir after SIGTERM: got exit status %d, want 0", code)
	}
}

// Kill ends the server with SIGKILL, which it cannot see coming.
func (s *Server) Kill() {
	s.t.Helper()
	s.proc.signal(syscall.SIGKILL)
	if _, err := s.proc.wait(stopPatience); err != nil {
		s.t.Fatalf("weir after SIGKILL: %v", err)
	}
	s.proc = nil
}

// Died returns when the server has ended by a SIGKILL of its own, and fails the test
// unless it does so within patience.
func (s *Server) Died(patience time.Duration) {
	s.t.Helper()
	code, err := s.proc.wait(patience)
	if err != nil {
		s.t.Fatalf("weir should have killed itself; %v after %s", err, patience)
	}
	s.proc = nil
	if code != -1 {
		s.t.Fatalf("weir should have killed itself; got exit status %d", code)
	}
}

// Restart starts a stopped or killed server again, on the same port and
// directory, and returns when it is healthy.
func (s *Server) Restart() {
	s.t.Helper()
	if !s.run() {
		s.t.Fatalf("weir did not start again")
	}
}

// Configure replaces the further DS_* variables for the next start of a stopped
// or killed server.
func (s *Server) Configure(env map[string]string) {
	s.cfg.Env = env
}

// Launch starts a stopped or killed server again and does not wait for it: it may
// still be recovering, and be killed while it does.
func (s *Server) Launch() {
	s.t.Helper()
	proc, err := startProcess(s.cfg.Binary, environment(s.cfg, s.port), s.log)
	if err != nil {
		s.t.Fatalf("start weir: %v", err)
	}
	s.proc = proc
}

// run starts the process and reports whether it became healthy.
func (s *Server) run() bool {
	s.t.Helper()
	s.Launch()
	return s.awaitHealth()
}

func (s *Server) awaitHealth() bool {
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{TLSClientConfig: s.cfg.TLS.Clone()}}
	defer client.CloseIdleConnections()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(startPatience); time.Now().Before(deadline); <-tick.C {
		if s.proc.exited() {
			return false
		}
		if healthy(client, s.URL()) {
			return true
		}
	}
	return false
}

func healthy(client *http.Client, url string) bool {
	resp, err := client.Get(url + "/healthz")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func (s *Server) cleanup() {
	if s.proc != nil {
		s.proc.signal(os.Kill)
		<-s.proc.done
	}
	if s.log.contains("WARNING: DATA RACE") {
		s.t.Errorf("weir reported a data race")
	}
	if s.t.Failed() {
		s.t.Logf("log of weir (%s, %s):\n%s", s.cfg.Mode, s.URL(), s.log)
	}
}
