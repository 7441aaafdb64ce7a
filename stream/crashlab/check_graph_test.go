package crashlab_test

import (
	"fmt"
	"slices"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/stream"
)

// checkForks: a fork's source is there, and counts it.
func (c *checker) checkForks() error {
	byID := make(map[uint64]*found)
	refs := make(map[uint64]int)
	for _, f := range c.streams {
		byID[f.meta.ID] = f
	}
	for _, f := range c.streams {
		fork := f.meta.Config.Fork
		if (fork == nil) != (f.in.source == nil) {
			return fmt.Errorf("%s: got fork %v, want one of %v", f.meta.Name, fork, f.in.source)
		}
		if fork == nil {
			continue
		}
		src := byID[fork.ID]
		if src == nil || src.in != f.in.source {
			return fmt.Errorf("%s is a fork of %s, which is not there", f.meta.Name, fork.Source)
		}
		if src.code == stream.CodeNotFound {
			return fmt.Errorf("%s has the fork %s and is answered as not found", fork.Source, f.meta.Name)
		}
		refs[fork.ID]++
	}
	for _, f := range c.streams {
		if f.meta.Refs != refs[f.meta.ID] {
			return fmt.Errorf("%s counts %d forks, and has %d", f.meta.Name, f.meta.Refs, refs[f.meta.ID])
		}
	}
	return nil
}

// checkLists: lists, counts and what is due agree with what is there.
func (c *checker) checkLists() error {
	if got := c.st.Stats().Streams; got != int64(len(c.streams)) {
		return fmt.Errorf("the store counts %d streams, and has %d", got, len(c.streams))
	}
	var due []string
	for _, f := range c.streams {
		if m := f.handle.Meta(); m.Due() <= c.now { // reading may have prolonged its life
			due = append(due, f.meta.Name)
		}
	}
	got, err := c.st.Due(c.now, 1<<20)
	slices.Sort(got)
	if err != nil || !slices.Equal(got, due) {
		return fmt.Errorf("due at %d: got %q, %v, want %q", c.now, got, err, due)
	}
	for name := range c.w.names {
		if err := c.checkListed(name); err != nil {
			return err
		}
	}
	return nil
}

// checkListed: a name is listed, and found, when its stream is there.
func (c *checker) checkListed(name string) error {
	_, want := c.byName[name]
	names, err := c.st.List(name, "", 1<<20)
	if err != nil || slices.Contains(names, name) != want {
		return fmt.Errorf("list of %s: got %q, %v, want it in there: %v", name, names, err, want)
	}
	if want {
		return nil
	}
	h, err := c.st.Open(name)
	if err == nil {
		h.Release()
	}
	if err != store.ErrNotFound {
		return fmt.Errorf("open %s, which is not listed: got %v, want %v", name, err, store.ErrNotFound)
	}
	return nil
}
