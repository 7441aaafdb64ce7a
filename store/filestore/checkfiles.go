package filestore

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
)

// files notes what lies in the store's folders and belongs to nothing.
func (c *checker) files() error {
	left, err := c.s.cat.Leftovers()
	if err != nil {
		return err
	}
	for _, name := range left {
		c.note(path.Join(catalogueDir, name), "a checkpoint that was cut short has left it; a start removes it")
	}
	if err := c.each(keptDir, func(name string) error {
		c.note(name, "a backup that was cut short has left it; a start removes it")
		return nil
	}); err != nil {
		return err
	}
	if err := c.each(lostDir, func(name string) error {
		c.note(name, "a start has kept it: records from behind a gap in the log")
		return nil
	}); err != nil {
		return err
	}
	if _, err := c.s.fs.List(dataDir); errors.Is(err, fs.ErrNotExist) {
		c.damage(dataDir, "", "it is missing, although the catalogue needs it")
		return nil
	}
	return c.each(dataDir, func(folder string) error {
		if n, err := strconv.ParseUint(path.Base(folder), 16, 8); err != nil || dataFolder(n) != folder {
			c.note(folder, "it is not the name of a folder of data files")
			return nil
		}
		return c.each(folder, c.dataFile)
	})
}

// each calls f with the path of everything in a folder, if it is there.
func (c *checker) each(folder string, f func(name string) error) error {
	names, err := c.s.fs.List(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look into %s: %w", folder, err)
	}
	for _, name := range names {
		if err := c.pace(0); err != nil {
			return err
		}
		if err := f(path.Join(folder, name)); err != nil {
			return err
		}
	}
	return nil
}

// dataFile notes a data file that belongs to no stream.
func (c *checker) dataFile(name string) error {
	id, err := strconv.ParseUint(path.Base(name), 16, 64)
	if err != nil || dataFile(id) != name {
		c.note(name, "it is not the name of a data file")
		return nil
	}
	_, found, err := c.s.cat.Get(idKey(id))
	if err != nil {
		return c.passOver(inCatalogue(err, ""))
	}
	if !found && !c.logged[id] {
		c.note(name, "it belongs to no stream")
	}
	return nil
}
