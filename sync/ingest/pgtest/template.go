package pgtest

import (
	"os"
	"sync"

	"github.com/weirstreams/weir/sync/ingest/pgserver"
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

// made returns the directory of the cluster, for one who holds it.
func (p *template) made(bin string) (dir string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dir == "" {
		p.dir, err = pgserver.MakeCluster(bin)
	}
	return p.dir, err
}
