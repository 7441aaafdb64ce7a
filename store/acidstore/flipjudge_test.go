package acidstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
)

// check returns what Check finds, besides notes.
func (f *flipStore) check() (found []store.CorruptionError, err error) {
	err = acidstore.Check(context.Background(), f.dir, store.ScrubOptions{Report: func(d store.CorruptionError) {
		if !d.Note {
			found = append(found, d)
		}
	}})
	return found, err
}

// start opens a store of which one file is damaged. Either it is refused, by the
// name of the file, and nothing is changed; or all that it says is right, also
// after it was written to and opened once more. Damage does not spread: what can
// be read can be read then, and what is refused then is the damaged region.
func (f *flipStore) start(file *flipFile, g acidstore.Region) (what string, err error) {
	damaged, err := f.contents()
	if err != nil {
		return "", err
	}
	s, err := acidstore.Open(f.dir, &acidstore.Options{Shards: f.shards})
	if err != nil {
		return "refused", f.refused(file, err, damaged)
	}
	if err := f.want.judge(s); err != nil {
		s.Abandon()
		return "", fmt.Errorf("after the start: %w", err)
	}
	well := f.want.readable(s)
	next, err := f.want.writeOn(s)
	if err == nil {
		s.Tidy()
		err = next.judge(s)
	}
	s.Close()
	if err != nil {
		return "", fmt.Errorf("after more was written: %w", err)
	}
	if s, err = acidstore.Open(f.dir, &acidstore.Options{Shards: f.shards}); err != nil {
		d, ok := errors.AsType[*store.CorruptionError](err)
		if (g.Kind == acidstore.StructureRegion || g.Kind == acidstore.HeaderRegion) && (!ok || d.Offset < g.Node || d.Offset >= g.End) {
			return "", fmt.Errorf("second start: got error %w, want damage between %d and %d", err, g.Node, g.End)
		}
		return "refused at the second start", f.refused(file, err, nil)
	}
	defer s.Abandon()
	if err := next.judge(s); err != nil {
		return "", fmt.Errorf("after the second start: %w", err)
	}
	for name := range next.readable(s) {
		delete(well, name)
	}
	if len(well) > 0 {
		return "", fmt.Errorf("after the second start: %d streams cannot be read any more", len(well))
	}
	return "served", nil
}

// readable returns the streams that can be read from end to end.
func (want contents) readable(s *acidstore.Store) map[string]bool {
	well := make(map[string]bool)
	for name := range want.streams {
		h, err := s.Open(name)
		if err != nil {
			continue
		}
		if _, err := readAll(h); err == nil {
			well[name] = true
		}
		h.Release()
	}
	return well
}

// contents returns the pages of all files.
func (f *flipStore) contents() (all [][]byte, err error) {
	for _, file := range f.files {
		b, err := file.wholePages()
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	return all, nil
}

// refused looks at an error that a start ended with, and at the files, which were
// what is given.
func (f *flipStore) refused(file *flipFile, err error, before [][]byte) error {
	if !strings.Contains(err.Error(), file.name) || !strings.Contains(err.Error(), "weir check") {
		return fmt.Errorf("start: got error %w, want one with %s and what to do", err, file.name)
	}
	after, err := f.contents()
	if err != nil || before != nil && !slices.EqualFunc(before, after, bytes.Equal) {
		return fmt.Errorf("a refused start has changed files (error %w)", err)
	}
	return nil
}

// judge says what is wrong in a store of which a part is damaged: it may give an
// error instead of an answer, and that is all.
func (want contents) judge(s *acidstore.Store) error {
	names, err := s.List("", "", 1000)
	if all := slices.Sorted(maps.Keys(want.streams)); err == nil && !slices.Equal(names, all) {
		return fmt.Errorf("list: got %d names, want %d", len(names), len(all))
	}
	due, err := s.Due(store.Never-1, 1000)
	slices.Sort(due)
	if err == nil && !slices.Equal(due, want.due) {
		return fmt.Errorf("due: got %d names, want %d", len(due), len(want.due))
	}
	for name, c := range want.streams {
		if err := c.judge(s, name); err != nil {
			return fmt.Errorf("stream %.8q: %w", name, err)
		}
	}
	return nil
}

func (want content) judge(s *acidstore.Store, name string) error {
	h, err := s.Open(name)
	if err != nil {
		if _, ok := errors.AsType[*store.CorruptionError](err); !ok {
			return fmt.Errorf("open: got %w, want damage", err)
		}
		return nil
	}
	defer h.Release()
	if m := h.Meta(); !reflect.DeepEqual(m, want.meta) {
		return fmt.Errorf("got state %+.300v, want %+.300v", m, want.meta)
	}
	if got, err := readAll(h); err == nil && string(got) != want.bytes {
		return fmt.Errorf("got %d bytes that differ from %d", len(got), len(want.bytes))
	}
	start := want.meta.Base()
	for _, end := range want.ends {
		if from, to, err := h.AppendAt(end - 1); err == nil && (from != start || to != end) {
			return fmt.Errorf("append at %d: got %d to %d, want from %d", end-1, from, to, start)
		}
		start = end
	}
	return nil
}

// writeOn goes on with a store of which a part is damaged, and returns what it
// must hold then. What already has a name must not be made anew.
func (want contents) writeOn(s *acidstore.Store) (contents, error) {
	next := contents{streams: maps.Clone(want.streams), due: want.due}
	added := store.Change{Bytes: []byte("added"), Producer: &store.ProducerAppend{ID: "p0", Epoch: 2, Seq: 1}}
	staged := make(map[store.Handle]outcome)
	for name, c := range want.streams {
		if _, err := create(s, name, plain, text("again")); err == nil {
			return next, fmt.Errorf("create of %.8q, which is there: got no error", name)
		}
		if c.meta.Closed {
			continue
		}
		if h, err := s.Open(name); err == nil {
			staged[h] = stageChange(h, added)
		}
	}
	for h, o := range staged {
		name := h.Meta().Name
		if err := <-o; err == nil {
			c := want.streams[name]
			c.meta = c.meta.Clone()
			c.meta.Apply(&added)
			c.bytes, c.ends = c.bytes+"added", append(slices.Clone(c.ends), c.meta.Tail)
			next.streams[name] = c
		}
		h.Reset()
		h.Release()
	}
	return next, nil
}
