package boltfile

// Cursor goes over the entries of a bucket in the order of their keys.
type Cursor struct {
	b    *Bucket
	leaf *Leaf // nil at the end
	i    int
	key  []byte
}

// Cursor returns one that is nowhere: Seek comes first.
func (b *Bucket) Cursor() *Cursor { return &Cursor{b: b} }

// Seek goes to the first entry whose key is not below the given one, and reports
// whether there is one.
func (c *Cursor) Seek(key []byte) (bool, error) {
	l, err := c.b.Leaf(key)
	if err != nil {
		return false, err
	}
	i, _, err := l.Search(key)
	c.leaf, c.i = l, i
	if err != nil {
		return false, err
	}
	return c.settle()
}

// SeekBack goes to the last entry whose key is not above the given one, and reports
// whether there is one.
func (c *Cursor) SeekBack(key []byte) (bool, error) {
	l, err := c.b.Leaf(key)
	if err != nil {
		return false, err
	}
	i, exact, err := l.Search(key)
	if !exact {
		i--
	}
	c.leaf, c.i = l, i
	if err != nil || i < 0 { // a leaf that is not the first begins with a lower key
		return false, err
	}
	c.key, err = l.Key(i)
	return err == nil, err
}

// Next goes to the next entry.
func (c *Cursor) Next() (bool, error) {
	c.i++
	return c.settle()
}

// settle goes on to the next leaf if the cursor is behind the last entry of one.
func (c *Cursor) settle() (_ bool, err error) {
	for c.i >= c.leaf.Len() {
		if c.leaf.Bound == nil {
			c.key = nil
			return false, nil
		}
		if c.leaf, err = c.b.Leaf(c.leaf.Bound); err != nil {
			return false, err
		}
		c.i = 0
	}
	c.key, err = c.leaf.Key(c.i)
	return err == nil, err
}

// Key returns the key of the present entry, nil at the end.
func (c *Cursor) Key() []byte { return c.key }

// Value returns the value of the present entry.
func (c *Cursor) Value() ([]byte, error) { return c.leaf.Value(c.i) }

// ValueBytes returns how long the present value is, without reading it.
func (c *Cursor) ValueBytes() int64 { return c.leaf.ValueBytes(c.i) }

// Offset returns where in the file the present value lies.
func (c *Cursor) Offset() int64 { return c.leaf.Offset(c.i) }

// Leaf returns the leaf of the present entry.
func (c *Cursor) Leaf() *Leaf { return c.leaf }
