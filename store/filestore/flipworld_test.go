package filestore_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore"
)

// flipWorld makes a small store that has something of everything, ends its process
// and returns the disk: streams of several extents, forks, what is closed, deleted
// and due, producers and marks, in tables and in a log that no checkpoint has
// written.
func flipWorld(t *testing.T, o filestore.Options) *memFS {
	t.Helper()
	s, fs := open(t, newMemFS(), o)
	by := func(id string, seq int64) *store.ProducerAppend {
		return &store.ProducerAppend{ID: id, Epoch: 1, Seq: seq}
	}
	make := func(name string, c store.Change) {
		h, err := create(s, name, text, c)
		if err != nil {
			t.Fatalf("create %q: %v", name, err)
		}
		h.Release()
	}
	change := func(name string, c store.Change) {
		h := mustOpen(t, s, name)
		defer h.Release()
		if err := <-stage(func(k store.Completion) (bool, error) { return h.Commit(&c, k) }); err != nil {
			t.Fatalf("change %q: %v", name, err)
		}
	}
	make("a", store.Change{Bytes: []byte("first extent "), Producer: by("p", 0), Mark: "lsn", MarkValue: "1"})
	make("closed", store.Change{Bytes: []byte("all of it"), Close: true, Producer: by("q", 7)})
	make("due", store.Change{Bytes: []byte("soon"), Expires: 1 << 41})
	make("source", store.Change{Bytes: []byte("shared bytes")})
	make("gone", store.Change{Bytes: []byte("nobody's")})
	forkAt(t, s, "fork", "source", 6)
	mustCheckpoint(t, s)
	change("a", store.Change{Bytes: []byte("second extent, of "), Seq: "0001"})
	change("a", store.Change{Bytes: []byte("two appends "), Producer: by("p", 1)})
	change("fork", store.Change{Bytes: []byte("own")})
	change("source", store.Change{SoftDelete: true})
	mustDelete(t, s, "gone")
	mustCheckpoint(t, s)
	change("a", store.Change{Bytes: []byte("in the log"), Mark: "lsn", MarkValue: "2"})
	make("new", store.Change{Bytes: []byte("only in the log")})
	forkAt(t, s, "again", "fork", 8)
	change("new", store.Change{Close: true})
	return crash(s, fs, true)
}

var worldNames = []string{"a", "again", "closed", "due", "fork", "new", "source"}

// describe says all there is to say of a stream.
func describe(s *filestore.Store, name string) (string, error) {
	h, err := s.Open(name)
	if err != nil {
		return "", err
	}
	defer h.Release()
	m := h.Meta()
	by := "nobody"
	if m.ClosedBy != nil {
		by = fmt.Sprint(*m.ClosedBy)
	}
	m.ClosedBy = nil
	if m.Config.Fork != nil {
		by += fmt.Sprint(*m.Config.Fork)
	}
	m.Config.Fork = nil
	bytes, err := read(h)
	return fmt.Sprintf("%+v %s %q", m, by, bytes), err
}

func read(h store.Handle) (string, error) {
	m := h.Meta()
	pieces, err := h.Read(m.Base(), m.Tail)
	if err != nil {
		return "", err
	}
	defer store.ClosePieces(pieces)
	var b strings.Builder
	for _, p := range pieces {
		piece, err := p.Bytes()
		if err != nil {
			return "", err
		}
		b.Write(piece)
	}
	for pos := m.Base(); pos < m.Tail; {
		start, end, err := h.AppendAt(pos)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, " %d-%d", start, end)
		pos = end
	}
	return b.String(), nil
}

// world is what a store must say of its streams, as long as it says anything.
type world map[string]string

func worldOf(t *testing.T, s *filestore.Store) world {
	t.Helper()
	w := world{}
	for _, name := range worldNames {
		said, err := describe(s, name)
		if err != nil {
			t.Fatalf("describe %q: %v", name, err)
		}
		w[name] = said
	}
	return w
}

// compare returns what a store says that is wrong, "" when there is nothing. It
// may refuse to say something, if it names damage.
func (w world) compare(s *filestore.Store) string {
	names, err := s.List("", "", 1000)
	for name := range w {
		if err == nil && !slices.Contains(names, name) {
			return fmt.Sprintf("got names %q, want %q among them", names, name)
		}
	}
	for _, name := range names {
		if !slices.Contains(worldNames, name) {
			return fmt.Sprintf("got name %q, want only %q", name, worldNames)
		}
	}
	if err != nil && !isDamage(err) {
		return fmt.Sprintf("list: got error %v, want damage named", err)
	}
	for name := range w {
		said, err := describe(s, name)
		if err == nil && said != w[name] {
			return fmt.Sprintf("%q: got  %s\nwant %s", name, said, w[name])
		}
		if err != nil && !isDamage(err) {
			return fmt.Sprintf("%q: got error %v, want damage named", name, err)
		}
	}
	if _, err := create(s, "closed", text, store.Change{}); !isDamage(err) && !errors.Is(err, store.ErrExists) {
		return fmt.Sprintf("create of a stream that exists: got error %v, want %v or damage named", err, store.ErrExists)
	}
	return ""
}

func isDamage(err error) bool {
	_, ok := errors.AsType[*store.CorruptionError](err)
	return ok
}

// files returns what is in the store's files.
func (m *memFS) files() map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	files := map[string]string{}
	for name, n := range m.names {
		if !n.dir && name != "LOCK" {
			files[name] = string(n.data)
		}
	}
	return files
}

func (m *memFS) sortedFiles() []string { return slices.Sorted(maps.Keys(m.files())) }

// all is a copy of the disk.
func (m *memFS) all() *memFS { return m.powerCut(func() bool { return true }) }
