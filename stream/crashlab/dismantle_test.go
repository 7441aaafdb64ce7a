package crashlab_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/weirstreams/weir/stream"
)

// graph is which stream is kept by how many forks.
type graph map[*found]*node

type node struct {
	parent *found
	refs   int
	hidden bool // deleted or expired, kept for its forks
	freed  bool
}

func (c *checker) graph() graph {
	g := make(graph)
	byID := make(map[uint64]*found)
	for _, f := range c.streams {
		g[f] = &node{hidden: f.code != ""}
		byID[f.meta.ID] = f
	}
	for _, f := range c.streams {
		if fork := f.meta.Config.Fork; fork != nil {
			g[f].parent = byID[fork.ID]
			g[g[f].parent].refs++
		}
	}
	return g
}

// free lets a stream go, and then each source that was only kept for it.
func (g graph) free(f *found) {
	for f != nil {
		g[f].freed = true
		if f = g[f].parent; f == nil {
			return
		}
		if g[f].refs--; !g[f].hidden || g[f].refs > 0 {
			return
		}
	}
}

func (g graph) delete(f *found) {
	if g[f].hidden = true; g[f].refs == 0 {
		g.free(f)
	}
}

// dismantle deletes every stream in the order of the names. A source goes with
// its last fork and not before, and in the end nothing is left on the disk.
func (c *checker) dismantle(r *rig) error {
	g := c.graph()
	leftover := false
	for _, f := range c.streams {
		name, n := f.meta.Name, g[f]
		if n.hidden {
			leftover = leftover || !n.freed || !f.meta.Deleted
			continue
		}
		if err := r.e.Delete(name); err != nil {
			return fmt.Errorf("delete %s: %w", name, err)
		}
		g.delete(f)
		want := stream.CodeNotFound
		if !n.freed {
			want = stream.CodeGone
		}
		if _, err := r.e.Head(name); codeOf(err) != want {
			return fmt.Errorf("%s was deleted: got %v, want %q", name, err, want)
		}
	}
	if leftover { // of what was deleted before, or has expired: the reaper's
		if c.naps == nil || *c.naps == 0 {
			return nil
		}
		*c.naps--
		time.Sleep(600 * time.Millisecond)
	}
	if names, err := r.st.List("", "", 1<<20); err != nil || len(names) > 0 {
		return fmt.Errorf("every stream was deleted and %q are there, %v", names, err)
	}
	return c.nothingLeft(r)
}

func (c *checker) nothingLeft(r *rig) error {
	r.e.Close()
	if err := r.st.Close(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	for name := range r.fs.Names() {
		// A power cut that the mode does not survive may lose a creation and
		// leave its file.
		if strings.HasPrefix(name, "file/data/") && c.law == strict {
			return fmt.Errorf("every stream was deleted and %s is there", name)
		}
	}
	return nil
}
