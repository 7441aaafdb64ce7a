package filestore

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore/catalogue"
)

// namesAtOnce is how many names a check takes from the catalogue at a time.
const namesAtOnce = 1024

// streams holds what is known of each stream against what else there is: its
// identity, its time, its extents, its fork source. At the end it compares the
// counts.
func (c *checker) streams() error {
	for last := ""; ; {
		names, err := c.s.List("", last, namesAtOnce)
		if err != nil {
			return c.passOver(err)
		}
		for _, name := range names {
			if err := c.pace(0); err != nil {
				return err
			}
			if err := c.passOver(c.stream(name)); err != nil {
				return err
			}
		}
		if len(names) < namesAtOnce {
			break
		}
		last = names[len(names)-1]
	}
	if c.partial {
		return nil
	}
	if want := c.s.count.Load(); c.count != want {
		c.damage(catalogueDir, "", fmt.Sprintf("it has %d streams, but counts %d", c.count, want))
	}
	for _, id := range slices.Sorted(maps.Keys(c.forks)) {
		if n := c.forks[id]; n != 0 {
			c.damage(catalogueDir, c.names[id], fmt.Sprintf("its count of forks is off by %d", -n))
		}
	}
	return nil
}

// passOver lets a check go on behind a damaged block of the catalogue, which is
// reported where blocks are verified.
func (c *checker) passOver(err error) error {
	_, blocked := errors.AsType[*catalogue.CorruptionError](err)
	_, damaged := errors.AsType[*store.CorruptionError](err)
	if blocked || damaged {
		c.partial = true
		return nil
	}
	return err
}

func (c *checker) stream(name string) error {
	c.count++
	h, err := c.s.acquire(name)
	if err != nil {
		return err
	}
	defer h.Release()
	if err := c.fork(h); err != nil {
		return err
	}
	if !h.stored {
		return nil
	}
	if err := c.points(idKey(h.meta.ID), name, "its identity leads elsewhere"); err != nil {
		return err
	}
	if h.storedDue != store.Never {
		if err := c.points(dueKey(h.storedDue, h.meta.ID), name, "its time is not noted"); err != nil {
			return err
		}
	}
	return c.extentsOf(h)
}

// points reports a key of the catalogue that does not lead to a name.
func (c *checker) points(key []byte, name, reason string) error {
	value, _, err := c.s.cat.Get(key)
	if err == nil && string(value) != name {
		c.damage(catalogueDir, name, reason)
	}
	return err
}

// fork counts what a fork and its source say of each other.
func (c *checker) fork(h *handle) error {
	if h.meta.Refs != 0 {
		c.forks[h.meta.ID] -= h.meta.Refs
		c.names[h.meta.ID] = h.meta.Name
	}
	f := h.meta.Config.Fork
	if f == nil {
		return nil
	}
	src, err := c.s.acquire(f.Source)
	if errors.Is(err, store.ErrNotFound) {
		c.damage(catalogueDir, h.meta.Name, fmt.Sprintf("the stream %q that it was forked from is missing", f.Source))
		return nil
	}
	if err != nil {
		return err
	}
	defer src.Release()
	if src.meta.ID != f.ID || f.At > src.meta.Tail {
		c.damage(catalogueDir, h.meta.Name, fmt.Sprintf("it was not forked from this stream %q", f.Source))
		return nil
	}
	c.forks[f.ID]++
	c.names[f.ID] = f.Source
	return nil
}

// extentsOf reports extents that do not join from the stream's first own byte to
// the last that the catalogue knows.
func (c *checker) extentsOf(h *handle) error {
	it := c.s.cat.Scan(extentKey(h.meta.ID, 0), extentKey(h.meta.ID+1, 0))
	defer it.Close()
	pos, joined := h.meta.Base(), true
	for joined && it.Next() {
		_, end := extentOwner(it.Key())
		x, err := decodeExtent(end, it.Value())
		if joined = err == nil && x.start == pos; joined {
			pos = end
		}
	}
	if err := it.Err(); err != nil {
		return err
	}
	if !joined || pos != h.flushed {
		c.damage(catalogueDir, h.meta.Name, fmt.Sprintf("its extents join up to position %d only, and it has %d", pos, h.flushed))
	}
	return nil
}

// indexes reports identities and times that lead to no stream of theirs.
func (c *checker) indexes() error {
	it := c.s.cat.Scan([]byte{dueSpace}, []byte{idSpace + 1})
	defer it.Close()
	for it.Next() {
		if err := c.pace(len(it.Key()) + len(it.Value())); err != nil {
			return err
		}
		b, found, err := c.s.cat.Get(nameKey(string(it.Value())))
		if err != nil {
			return c.passOver(err)
		}
		r, err := decodeRecord(string(it.Value()), b)
		if !found || err != nil || !leadsTo(it.Key(), &r.meta) {
			c.damage(catalogueDir, string(it.Value()), "an identity or a time leads to the stream, but is not its own")
		}
	}
	return c.passOver(it.Err())
}

// leadsTo reports whether a key of the identities or times is a stream's own.
func leadsTo(key []byte, m *store.Meta) bool {
	if key[0] == idSpace {
		return string(key) == string(idKey(m.ID))
	}
	return string(key) == string(dueKey(m.Due(), m.ID))
}
