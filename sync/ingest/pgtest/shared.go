package pgtest

import (
	"fmt"
	"os"
	"sync"
	"testing"
)

// Shared is one server for all tests of a package. It starts with the first test
// that asks for it and ends with Main:
//
//	var postgres pgtest.Shared
//
//	func TestMain(m *testing.M) { os.Exit(postgres.Main(m)) }
//
//	func TestX(t *testing.T) { db := postgres.Server(t).Database(t) }
//
// Roles, slots and settings belong to the whole server: tests that change them
// name them apart or start their own.
type Shared struct {
	Options Options

	once   sync.Once
	server *Server
	err    error
}

// Main runs the tests, removes the server, and returns the exit code. It keeps
// the files that servers are copied from until then.
func (h *Shared) Main(m *testing.M) int {
	templates.acquire()
	code := m.Run()
	if err := h.close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// Server returns the server, started. It may be called by parallel tests.
func (h *Shared) Server(t testing.TB) *Server {
	t.Helper()
	skipShort(t)
	h.once.Do(func() { h.server, h.err = open(h.Options) })
	if h.err != nil {
		t.Fatal(h.err)
	}
	return h.server
}

func (h *Shared) close() error {
	if h.server != nil {
		if err := h.server.remove(); err != nil {
			return err
		}
	}
	return templates.release()
}
