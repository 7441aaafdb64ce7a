package storetest

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/weirstreams/weir/store"
)

// check compares all that can be seen of the store with the model.
func (f *fixture) check(when string) {
	f.Helper()
	for _, name := range f.model.names() {
		if err := f.checkStream(f.model[name]); err != nil {
			f.Fatalf("%s, stream %q: %v", when, name, err)
		}
	}
	for _, err := range []error{f.checkAbsent(), f.checkList(), f.checkDue(), f.checkCount(), f.store.Health()} {
		if err != nil {
			f.Fatalf("%s: %v", when, err)
		}
	}
}

func (f *fixture) checkStream(want *stream) error {
	h, err := f.store.Open(want.meta.Name)
	if err != nil {
		return err
	}
	defer h.Release()
	m := h.Meta()
	if !reflect.DeepEqual(m, want.meta) {
		return fmt.Errorf("got state\n%s, want\n%s", describe(&m), describe(&want.meta))
	}
	if err := checkRange(h, want, m.Base(), m.Tail); err != nil {
		return err
	}
	return checkAppends(h, want)
}

// describe is %+v with what its pointers point to.
func describe(m *store.Meta) string {
	s := fmt.Sprintf("%+v", *m)
	if m.Config.Fork != nil {
		s += fmt.Sprintf(" fork %+v", *m.Config.Fork)
	}
	if m.ClosedBy != nil {
		s += fmt.Sprintf(" closed by %+v", *m.ClosedBy)
	}
	return s
}

// checkRange reads a range and compares it.
func checkRange(h store.Handle, want *stream, from, to int64) error {
	got, err := read(h, from, to)
	if err != nil {
		return fmt.Errorf("read %d to %d: %w", from, to, err)
	}
	base := want.meta.Base()
	if w := want.bytes[from-base : to-base]; !bytes.Equal(got, w) {
		return fmt.Errorf("read %d to %d: got %.60q, want %.60q", from, to, got, w)
	}
	return nil
}

// read returns a range of a stream. Each piece must be as long as it says.
func read(h store.Handle, from, to int64) ([]byte, error) {
	pieces, err := h.Read(from, to)
	if err != nil {
		return nil, err
	}
	defer store.ClosePieces(pieces)
	var out []byte
	for _, p := range pieces {
		b, err := p.Bytes()
		if err != nil {
			return nil, err
		}
		if int64(len(b)) != p.Len() {
			return nil, fmt.Errorf("piece has %d bytes and says %d", len(b), p.Len())
		}
		out = append(out, b...)
	}
	return out, nil
}

// checkAppends asks for the bounds of every append, by its first and last byte,
// and reads it alone.
func checkAppends(h store.Handle, want *stream) error {
	start := want.meta.Base()
	for i, end := range want.ends {
		// Of very many, a part.
		if len(want.ends) > 40 && i%(len(want.ends)/10) > 0 && i < len(want.ends)-1 {
			start = end
			continue
		}
		for _, pos := range []int64{start, end - 1} {
			s, e, err := h.AppendAt(pos)
			if err != nil {
				return fmt.Errorf("append at %d: %w", pos, err)
			}
			if s != start || e != end {
				return fmt.Errorf("append at %d: got %d to %d, want %d to %d", pos, s, e, start, end)
			}
		}
		if err := checkRange(h, want, start, end); err != nil {
			return err
		}
		start = end
	}
	return nil
}

// checkAbsent asks for a name that nobody uses, and one that is a prefix of used
// ones.
func (f *fixture) checkAbsent() error {
	for _, name := range []string{"never used", "", "\xff"} {
		if h, err := f.store.Open(name); err == nil {
			h.Release()
			return fmt.Errorf("open %q: got a stream, want none", name)
		}
	}
	return nil
}

func (f *fixture) checkList() error {
	got, err := f.store.List("", "", math.MaxInt32)
	if err != nil {
		return err
	}
	if want := f.model.names(); !slices.Equal(got, want) {
		return fmt.Errorf("list: got %q, want %q", got, want)
	}
	return nil
}

// checkDue asks at and just before every instant at which something is due.
func (f *fixture) checkDue() error {
	instants := []int64{0, store.Never - 1}
	for _, s := range f.model {
		if due := s.meta.Due(); due > 0 && due < store.Never {
			instants = append(instants, due-1, due)
		}
	}
	for _, at := range instants {
		got, err := f.store.Due(at, math.MaxInt32)
		if err != nil {
			return err
		}
		slices.Sort(got)
		// One that moves to its place meanwhile may be named twice.
		got = slices.Compact(got)
		if want := f.model.due(at); !slices.Equal(got, want) {
			return fmt.Errorf("due at %d: got %q, want %q", at, got, want)
		}
	}
	return nil
}

func (f *fixture) checkCount() error {
	if got, want := f.store.Stats().Streams, int64(len(f.model)); got != want {
		return fmt.Errorf("count of streams: got %d, want %d", got, want)
	}
	return nil
}
