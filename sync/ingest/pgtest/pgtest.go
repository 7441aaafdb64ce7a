// Package pgtest gives tests real Postgres servers. A test that wants one of its
// own calls [Start]; a package whose tests share one keeps a [Shared] and calls
// its Main from TestMain. Servers run in directories of their own, as the user
// postgres when the test runs as root, and nothing of them is left at the end.
//
// A server listens on a Unix socket and on a free port of 127.0.0.1, trusts
// everybody, has wal_level=logical, and does not sync: it survives a kill of its
// processes, not of the machine.
//
// Tests that start a server are skipped by -short. WEIR_PG_BIN names the
// directory of the binaries to use instead of the ones that are found.
package pgtest

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/pgserver"
)

// Options of a server; the zero value is the server of the package comment.
type Options struct {
	// Settings are lines of postgresql.conf, over the package's own.
	Settings map[string]string
	// HBA are lines of pg_hba.conf, before those that trust everybody.
	HBA []string
	// OwnSystem gives the server a system identifier of its own, at the price of
	// a second. Servers without it share one, as copies of the same files.
	OwnSystem bool
}

// Server is a Postgres server that a test may stop, kill and start again. It
// keeps its address and its data over that. Methods that take a testing.TB end
// the test when they fail; Stop, Kill, Start and Restart must not be called at
// the same time as each other.
type Server struct{ run *pgserver.Server }

// Start starts a server that is stopped and removed when the test ends.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	skipShort(t)
	s, err := open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.remove(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Addr returns the server's address for TCP, as host:port.
func (s *Server) Addr() string { return s.run.Addr() }

// DSN returns the keyword string of a superuser's connection to the database,
// by the Unix socket.
func (s *Server) DSN(db string) string { return s.run.DSN(db) }

// URL returns the URL of the role's connection to the database, by TCP.
func (s *Server) URL(user, db string) string { return s.run.URL(user, db) }

func skipShort(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a Postgres server; not with -short")
	}
}

// open makes and starts a server; what failed to start is removed.
func open(o Options) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	settings := map[string]string{
		"wal_level":                 "logical",
		"max_wal_senders":           "20",
		"max_replication_slots":     "20",
		"max_prepared_transactions": "10",
		"fsync":                     "off",
		"lc_messages":               "C",
		"timezone":                  "UTC",
	}
	maps.Copy(settings, o.Settings)
	templates.acquire()
	full := pgserver.Options{Bin: bin, Settings: settings, HBA: o.HBA, Socket: true}
	if !o.OwnSystem {
		full.Cluster, err = templates.made(bin)
	}
	s := &Server{}
	if err == nil {
		s.run, err = pgserver.Start(context.Background(), full)
	}
	if err != nil {
		return nil, errors.Join(err, templates.release())
	}
	return s, nil
}

// remove ends the server and deletes what it leaves.
func (s *Server) remove() error { return errors.Join(s.run.Close(), templates.release()) }

// tested is where the version is that tests are written for.
const tested = "/usr/lib/postgresql/15/bin"

// binaries returns the directory that Postgres' programs are in.
func binaries() (string, error) {
	for _, dir := range []string{os.Getenv("WEIR_PG_BIN"), tested} {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); dir != "" && err == nil {
			return dir, nil
		}
	}
	return pgserver.Programs("initdb", "postgres")
}
