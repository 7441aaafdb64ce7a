package pgserver

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// MakeCluster makes the files of a server in a new directory where temporary files are:
// a copy of them takes a tenth of the time. Whoever calls it removes the directory when
// no server is to be made of it any more.
func MakeCluster(bin string) (dir string, err error) {
	user, err := serverAccount()
	if err != nil {
		return "", err
	}
	if dir, err = user.tempDir(""); err != nil {
		return "", fmt.Errorf("make a directory for Postgres: %w", err)
	}
	if err := user.initdb(bin, filepath.Join(dir, "data")); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}

// fill makes the server's files.
func (s *Server) fill() error {
	if s.o.Cluster == "" {
		return s.user.initdb(s.o.Bin, s.data())
	}
	cmd := s.user.command("cp", "-a", filepath.Join(s.o.Cluster, "data"), s.data())
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("copy the files of a cluster: %w\n%s", err, out)
	}
	return nil
}
