package pgtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// templates is the one cluster that this process' servers are copied from: a
// copy takes a tenth of the time of an initdb.
var templates template

// template exists while somebody holds it, since a test binary has no moment of
// its own for cleaning up.
type template struct {
	mu      sync.Mutex
	holders int
	dir     string // "" until the first copy
}

func (p *template) acquire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.holders++
}

func (p *template) release() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.holders--
	if p.holders > 0 || p.dir == "" {
		return nil
	}
	dir := p.dir
	p.dir = ""
	return os.RemoveAll(dir)
}

// copy fills the server's data directory.
func (p *template) copy(s *Server) error {
	dir, err := p.made(s)
	if err != nil {
		return err
	}
	cmd := s.user.command("cp", "-a", filepath.Join(dir, "data"), s.data())
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("copy the template: %w\n%s", err, out)
	}
	return nil
}

func (p *template) made(s *Server) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dir != "" {
		return p.dir, nil
	}
	dir, err := s.user.tempDir()
	if err != nil {
		return "", err
	}
	if err := s.user.initdb(s.bin, filepath.Join(dir, "data")); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	p.dir = dir
	return dir, nil
}
