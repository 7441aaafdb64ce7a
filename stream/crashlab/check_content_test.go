package crashlab_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/stream"
)

// checkContents reads every stream and takes its bytes apart into appends.
func (c *checker) checkContents() error {
	for _, f := range c.streams {
		if err := c.checkContent(f); err != nil {
			return fmt.Errorf("content of %s: %w", f.meta.Name, err)
		}
	}
	return nil
}

func (c *checker) checkContent(f *found) error {
	if err := c.readContent(f); err != nil {
		return err
	}
	in := f.in
	if f.meta.Tail != int64(len(f.content)) || f.meta.Base() != in.base() {
		return fmt.Errorf("got bytes from %d to %d and a tail of %d, want them from %d on",
			f.meta.Base(), len(f.content), f.meta.Tail, in.base())
	}
	if !bytes.HasPrefix(f.content, in.prefix) {
		return fmt.Errorf("the fork begins with other bytes than its source had")
	}
	if err := c.parse(f); err != nil {
		return err
	}
	if err := c.checkMissing(f); err != nil {
		return err
	}
	return c.checkShown(f)
}

// readContent reads a stream as a client does, or one that is kept only for its
// forks from the store: then what it inherited is taken as right.
func (c *checker) readContent(f *found) (err error) {
	if f.code == "" {
		f.content, err = readPages(c.e, f.meta.Name, f.in.form)
		return err
	}
	pieces, err := f.handle.Read(f.meta.Base(), f.meta.Tail)
	if err != nil {
		return err
	}
	own, err := pageBytesOf(&stream.Page{Pieces: pieces})
	store.ClosePieces(pieces)
	f.content = append(bytes.Clone(f.in.prefix), own...)
	return err
}

// readPages reads a stream page by page, each of which must be whole messages
// where there are any.
func readPages(e *stream.Engine, name string, as form) ([]byte, error) {
	rd, err := e.Read(name, 0, false)
	if err != nil {
		return nil, err
	}
	defer rd.Close()
	var all []byte
	for {
		p, err := rd.Peek()
		if err == nil {
			err = rd.Take(p)
		}
		if err != nil {
			return nil, err
		}
		b, err := pageBytesOf(p)
		p.Close()
		if err != nil {
			return nil, err
		}
		if as == messages && len(b) > 0 && !json.Valid(fmt.Appendf(nil, "[%s]", b[:len(b)-1])) {
			return nil, fmt.Errorf("the page from %s to %s is not whole messages", p.From, p.To)
		}
		rd.Skip(p)
		if all = append(all, b...); p.UpToDate {
			return all, nil
		}
	}
}

// parse takes the stream's own bytes apart. Each append must be one that a
// client sent to this very stream before the cut, whole, once, and where the
// client was told.
func (c *checker) parse(f *found) error {
	seen := make(map[*post]bool)
	for pos := f.in.base(); pos < f.meta.Tail; {
		rest := f.content[pos:]
		n, ok := numberAt(f.in.form, rest)
		if !ok || n >= len(c.w.posts) {
			return fmt.Errorf("the bytes at %d are no append: %.40q", pos, rest)
		}
		p := c.w.posts[n]
		switch {
		case p.in != f.in:
			return fmt.Errorf("%s is at %d of another stream", p, pos)
		case p.dead:
			return fmt.Errorf("%s is at %d, but its client was told that it was not written", p, pos)
		case !c.may(p.event):
			return fmt.Errorf("%s is at %d, but was sent after the cut", p, pos)
		case seen[p]:
			return fmt.Errorf("%s is there twice, at %d again", p, pos)
		case !bytes.HasPrefix(rest, p.stored):
			return fmt.Errorf("%s is at %d, but not whole", p, pos)
		case p.at != unknown && p.at != pos:
			return fmt.Errorf("%s is at %d, but was acknowledged at %d", p, pos, p.at)
		}
		seen[p] = true
		f.present = append(f.present, p)
		pos += int64(len(p.stored))
	}
	return nil
}

// checkMissing asks for every append that was acknowledged.
func (c *checker) checkMissing(f *found) error {
	for _, p := range f.in.posts {
		if len(p.stored) > 0 && c.must(p.event) && !slices.Contains(f.present, p) {
			return fmt.Errorf("%s was acknowledged and is missing", p)
		}
	}
	return nil
}

// checkShown asks for every byte that a reader was shown.
func (c *checker) checkShown(f *found) error {
	for _, s := range f.in.shown {
		if s.calls > c.sure {
			continue
		}
		end := s.from + int64(len(s.bytes))
		if end > f.meta.Tail {
			if c.law == strict {
				return fmt.Errorf("a reader was shown bytes %d to %d, but the tail is %d", s.from, end, f.meta.Tail)
			}
			end = max(f.meta.Tail, s.from)
		}
		if s.from < f.meta.Tail && !bytes.Equal(f.content[s.from:end], s.bytes[:end-s.from]) {
			return fmt.Errorf("a reader was shown other bytes at %d to %d", s.from, end)
		}
	}
	return nil
}
