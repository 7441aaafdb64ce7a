package catalogue

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path"
)

// View is the catalogue as one Commit left it. It keeps the tables' descriptors
// and disk space until it is closed, whatever commits follow. Many goroutines may
// use it.
type View struct {
	dir  string
	snap *snapshot
}

// View returns the present state, or ErrClosed.
func (c *Catalogue) View() (*View, error) {
	s := c.acquire()
	if s == nil {
		return nil, ErrClosed
	}
	return &View{dir: c.dir, snap: s}, nil
}

// Close gives the tables back. It is called once.
func (v *View) Close() { v.snap.release() }

// Root returns a copy of the bytes committed with the state.
func (v *View) Root() []byte { return bytes.Clone(v.snap.root) }

// Scan is Catalogue.Scan of the state. Iterators may outlive the View.
func (v *View) Scan(from, to []byte) *Iterator {
	v.snap.refs.Add(1)
	return scan(v.snap, from, to)
}

// Files gives each file of a catalogue in this state to add, by its name within
// the FS: the tables, every part of which has been verified just before, and a
// MANIFEST that names them. Damage is a *CorruptionError.
func (v *View) Files(ctx context.Context, add func(name string, size int64, content io.Reader) error) error {
	for _, t := range v.snap.tables {
		if err := t.verify(ctx); err != nil {
			return err
		}
		if err := add(t.name, t.ref.size, io.NewSectionReader(t.file, 0, t.ref.size)); err != nil {
			return err
		}
	}
	manifest := v.snap.manifest().encode()
	return add(path.Join(v.dir, manifestName), int64(len(manifest)), bytes.NewReader(manifest))
}

// verify returns the first damage of a table.
func (t *table) verify(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	v := verifier{
		table:  t,
		report: func(d *CorruptionError) { stop(d) },
		pace:   func(int) error { return nil },
	}
	err := v.run(ctx)
	if damage := (*CorruptionError)(nil); errors.As(context.Cause(ctx), &damage) {
		return damage
	}
	return err
}
