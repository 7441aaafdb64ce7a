package filestore_test

import (
	"slices"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore"
)

var text = store.Config{ContentType: "text/plain", TTL: store.NoTTL}

// settled receives how one change has settled.
type settled chan error

func (s settled) Settled(err error) { s <- err }

// stage calls a method that stages a change; the channel tells how it settled.
func stage(call func(store.Completion) (bool, error)) settled {
	s := make(settled, 1)
	if done, err := call(s); done || err != nil {
		s <- err
	}
	return s
}

func stageAppend(h store.Handle, bytes string) settled {
	return stage(func(k store.Completion) (bool, error) {
		return h.Commit(&store.Change{Bytes: []byte(bytes)}, k)
	})
}

func create(s *filestore.Store, name string, cfg store.Config, first store.Change) (h store.Handle, err error) {
	err = <-stage(func(k store.Completion) (done bool, err error) {
		h, done, err = s.Create(name, cfg, &first, k)
		return done, err
	})
	return h, err
}

// mustCreate makes a stream and gives its handle back.
func mustCreate(t *testing.T, s *filestore.Store, name, bytes string) {
	t.Helper()
	h, err := create(s, name, text, store.Change{Bytes: []byte(bytes)})
	if err != nil {
		t.Fatalf("create %q: %v", name, err)
	}
	h.Release()
}

// mustFork makes a fork at position 0.
func mustFork(t *testing.T, s *filestore.Store, name, source string) {
	t.Helper()
	src := mustOpen(t, s, source)
	defer src.Release()
	cfg := text
	cfg.Fork = &store.Fork{Source: source, ID: src.Meta().ID}
	h, err := create(s, name, cfg, store.Change{})
	if err != nil {
		t.Fatalf("fork %q: %v", source, err)
	}
	h.Release()
}

func mustOpen(t *testing.T, s *filestore.Store, name string) store.Handle {
	t.Helper()
	h, err := s.Open(name)
	if err != nil {
		t.Fatalf("open %q: %v", name, err)
	}
	return h
}

func mustAppend(t *testing.T, s *filestore.Store, name, bytes string) {
	t.Helper()
	h := mustOpen(t, s, name)
	defer h.Release()
	if err := <-stageAppend(h, bytes); err != nil {
		t.Fatalf("append to %q: %v", name, err)
	}
}

// mustDelete deletes a stream, holding the source of a fork.
func mustDelete(t *testing.T, s *filestore.Store, name string) {
	t.Helper()
	h := mustOpen(t, s, name)
	defer h.Release()
	if f := h.Meta().Config.Fork; f != nil {
		defer mustOpen(t, s, f.Source).Release()
	}
	if err := <-stage(h.Delete); err != nil {
		t.Fatalf("delete %q: %v", name, err)
	}
}

func mustCheckpoint(t *testing.T, s *filestore.Store) {
	t.Helper()
	if err := s.Checkpoint(); err != nil {
		t.Fatalf("checkpoint: %v", err)
	}
}

func mustClose(t *testing.T, s *filestore.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// wantContent compares all names and contents with what is wanted.
func wantContent(t *testing.T, s *filestore.Store, want map[string]string) {
	t.Helper()
	names, err := s.List("", "", 1000)
	if err != nil {
		t.Fatalf("list: %v", err)
	}
	if len(names) != len(want) {
		t.Errorf("names: got %q, want those of %q", names, want)
	}
	if got := s.Stats().Streams; got != int64(len(want)) {
		t.Errorf("count of streams: got %d, want %d", got, len(want))
	}
	for name, bytes := range want {
		if got := content(t, s, name); got != bytes {
			t.Errorf("content of %q: got %q, want %q", name, got, bytes)
		}
	}
}

func content(t *testing.T, s *filestore.Store, name string) string {
	t.Helper()
	h := mustOpen(t, s, name)
	defer h.Release()
	m := h.Meta()
	pieces, err := h.Read(m.Base(), m.Tail)
	if err != nil {
		t.Fatalf("read %q: %v", name, err)
	}
	defer store.ClosePieces(pieces)
	var all [][]byte
	for _, p := range pieces {
		b, err := p.Bytes()
		if err != nil {
			t.Fatalf("read %q: %v", name, err)
		}
		all = append(all, b)
	}
	return string(slices.Concat(all...))
}

func refs(t *testing.T, s *filestore.Store, name string) int {
	t.Helper()
	h := mustOpen(t, s, name)
	defer h.Release()
	return h.Meta().Refs
}

// crash ends a store as kill -9 does and returns what a power cut would leave of
// its disk: all, or what was synced.
func crash(s *filestore.Store, fs *hookFS, all bool) *memFS {
	fs.kill()
	s.Close()
	return fs.FS.(*memFS).powerCut(func() bool { return all })
}
