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
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
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
type Server struct {
	bin  string
	user account
	dir  string
	port int

	cmd    *exec.Cmd
	exited chan struct{} // closed when cmd has ended
	killed bool          // its last processes may still hold the shared memory
}

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
func (s *Server) Addr() string {
	return fmt.Sprintf("127.0.0.1:%d", s.port)
}

// DSN returns the keyword string of a superuser's connection to the database,
// by the Unix socket.
func (s *Server) DSN(db string) string {
	quoted := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(db)
	return fmt.Sprintf("host=%s port=%d user=postgres dbname='%s' sslmode=disable", s.dir, s.port, quoted)
}

// URL returns the URL of the role's connection to the database, by TCP.
func (s *Server) URL(user, db string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.User(user),
		Host:     s.Addr(),
		Path:     "/" + db,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

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
	user, err := serverAccount()
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, user: user}
	if err := s.create(o); err != nil {
		return nil, fmt.Errorf("start Postgres: %w", err)
	}
	return s, nil
}

func (s *Server) create(o Options) (err error) {
	if s.dir, err = s.user.tempDir(); err != nil {
		return err
	}
	templates.acquire()
	defer func() {
		if err != nil {
			s.remove()
		}
	}()
	if err := s.fill(o.OwnSystem); err != nil {
		return err
	}
	if err := s.prepend("pg_hba.conf", o.HBA); err != nil {
		return err
	}
	return s.launchAnywhere(o.Settings)
}

// launchAnywhere tries other ports, because a free port may be taken by the time
// the server asks for it.
func (s *Server) launchAnywhere(settings map[string]string) (err error) {
	for range 3 {
		if s.port, err = freePort(); err != nil {
			return err
		}
		if err = s.configure(settings); err != nil {
			return err
		}
		if err = s.launch(); err == nil {
			return nil
		}
	}
	return err
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) fill(own bool) error {
	if own {
		return s.user.initdb(s.bin, s.data())
	}
	return templates.copy(s)
}

// configure appends to postgresql.conf, where the last line of a name counts.
func (s *Server) configure(settings map[string]string) error {
	all := map[string]string{
		"listen_addresses":          "127.0.0.1",
		"port":                      fmt.Sprint(s.port),
		"unix_socket_directories":   s.dir,
		"wal_level":                 "logical",
		"max_wal_senders":           "20",
		"max_replication_slots":     "20",
		"max_prepared_transactions": "10",
		"fsync":                     "off",
		"lc_messages":               "C",
		"timezone":                  "UTC",
	}
	maps.Copy(all, settings)
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&lines, "%s = '%s'\n", name, strings.ReplaceAll(all[name], "'", "''"))
	}
	path := filepath.Join(s.data(), "postgresql.conf")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString(lines.String())
	return err
}

func (s *Server) prepend(name string, lines []string) error {
	path := filepath.Join(s.data(), name)
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	all := append(slices.Clone(lines), string(old))
	return os.WriteFile(path, []byte(strings.Join(all, "\n")), 0o600)
}

// freePort returns a port that was free a moment ago.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
