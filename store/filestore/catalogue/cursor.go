package catalogue

import "bytes"

// cursor walks one table in key order, reading a block at a time. The zero
// value needs reset. One goroutine uses it, under a reference to a snapshot
// that has the table.
type cursor struct {
	table *table
	block int // the block to load next
	buf   []byte
	dec   blockDecoder
	// ready says that dec stands on an entry which next has yet to give out.
	ready bool
}

var _ source = (*cursor)(nil)

// reset puts c before the first entry of t and keeps its buffers.
func (c *cursor) reset(t *table) {
	c.table, c.block, c.ready = t, 0, false
	c.dec.load(nil)
	c.dec.restart()
}

// seek puts c, just reset, before the first entry whose key is not below key.
func (c *cursor) seek(key []byte) error {
	c.block = c.table.index.find(key)
	if err := c.load(); err != nil {
		return err
	}
	for {
		ok, err := c.decode()
		if err != nil || !ok {
			return err
		}
		if bytes.Compare(c.dec.current.key, key) >= 0 {
			c.ready = true
			return nil
		}
	}
}

// find puts c, just reset, on the entry of key and says whether there is one.
func (c *cursor) find(key []byte) (bool, error) {
	if err := c.seek(key); err != nil {
		return false, err
	}
	return c.ready && bytes.Equal(c.dec.current.key, key), nil
}

func (c *cursor) next() (bool, error) {
	if c.ready {
		c.ready = false
		return true, nil
	}
	for {
		ok, err := c.decode()
		if err != nil || ok {
			return ok, err
		}
		if c.block == c.table.index.blocks() {
			return false, nil
		}
		if err := c.load(); err != nil {
			return false, err
		}
	}
}

func (c *cursor) entry() entry { return c.dec.current }

func (c *cursor) load() error {
	entries, buf, err := c.table.readBlock(c.block, c.buf)
	c.buf = buf
	if err != nil {
		return err
	}
	c.dec.load(entries)
	c.block++
	return nil
}

func (c *cursor) decode() (bool, error) {
	ok, err := c.dec.next()
	if err != nil {
		return false, located(c.table.name, c.table.index.position(max(c.block, 1)-1), err)
	}
	return ok, nil
}
