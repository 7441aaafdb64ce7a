// Package pgserver runs Postgres servers of its own, for tests and measurements: each in
// a directory of its own, on a free port of 127.0.0.1, as the user postgres when this
// process is root's. A server trusts everybody who reaches it, and has the defaults of
// Postgres but for what Options say.
//
// Start with Start; Close removes everything. A server ends with this process, however
// that ends.
package pgserver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Options of a server. Only Bin is needed.
type Options struct {
	// Bin is the directory of the programs initdb and postgres; see Programs.
	Bin string
	// Dir is where the server's directory is made, "" where temporary files are.
	Dir string
	// Cluster is a directory made by MakeCluster, whose files are copied. Servers that
	// have one in common have the same system identifier. "" makes new files, which
	// takes a second.
	Cluster string
	// Settings are lines of postgresql.conf, over the package's own.
	Settings map[string]string
	// HBA are lines of pg_hba.conf, before those that trust everybody.
	HBA []string
	// Socket has the server listen on a Unix socket in its directory too, whose path
	// may have 107 bytes.
	Socket bool
}

// Server is a Postgres server, which keeps its address and its data over a stop and a
// start. Its methods must not be called at the same time as each other, but for those
// that return addresses.
type Server struct {
	o    Options
	user account
	dir  string
	port int

	cmd    *exec.Cmd     // nil: it was stopped
	exited chan struct{} // closed when cmd has ended
	killed bool          // its last processes may still hold the shared memory
}

// Start makes a server and returns when it takes connections. What fails to start is
// removed.
func Start(ctx context.Context, o Options) (s *Server, err error) {
	s = &Server{o: o}
	if s.user, err = serverAccount(); err != nil {
		return nil, err
	}
	if s.dir, err = s.user.tempDir(o.Dir); err != nil {
		return nil, fmt.Errorf("make a directory for Postgres: %w", err)
	}
	if err := s.create(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start Postgres: %w", err), s.Close())
	}
	return s, nil
}

// Close ends the server without a checkpoint and removes what it leaves. It may be
// called again.
func (s *Server) Close() error { return errors.Join(s.end(), os.RemoveAll(s.dir)) }

// Addr returns the server's address for TCP, as host:port.
func (s *Server) Addr() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// DSN returns the keyword string of a superuser's connection to the database, by the
// Unix socket if there is one.
func (s *Server) DSN(db string) string {
	host := "127.0.0.1"
	if s.o.Socket {
		host = s.dir
	}
	quoted := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(db)
	return fmt.Sprintf("host=%s port=%d user=postgres dbname='%s' sslmode=disable", host, s.port, quoted)
}

// URL returns the URL of the role's connection to the database, by TCP.
func (s *Server) URL(user, db string) string {
	u := url.URL{Scheme: "postgres", User: url.User(user), Host: s.Addr(), Path: "/" + db, RawQuery: "sslmode=disable"}
	return u.String()
}

func (s *Server) create(ctx context.Context) error {
	if err := s.fill(); err != nil {
		return err
	}
	if err := s.prepend("pg_hba.conf", s.o.HBA); err != nil {
		return err
	}
	return s.launchAnywhere(ctx)
}

// launchAnywhere tries other ports, because a free port may be taken by the time
// the server asks for it.
func (s *Server) launchAnywhere(ctx context.Context) (err error) {
	for range 3 {
		if s.port, err = freePort(); err != nil {
			return err
		}
		if err = s.configure(); err != nil {
			return err
		}
		if err = s.Launch(ctx); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return err
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// configure appends to postgresql.conf, where the last line of a name counts.
func (s *Server) configure() error {
	all := map[string]string{
		"listen_addresses": "127.0.0.1",
		"port":             fmt.Sprint(s.port),
		// "" is none.
		"unix_socket_directories": "",
	}
	if s.o.Socket {
		all["unix_socket_directories"] = s.dir
	}
	maps.Copy(all, s.o.Settings)
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&lines, "%s = '%s'\n", name, strings.ReplaceAll(all[name], "'", "''"))
	}
	path := filepath.Join(s.data(), "postgresql.conf")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(lines.String())
	return errors.Join(err, f.Close())
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
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
