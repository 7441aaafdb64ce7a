package acidstore_test

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
)

// contents is all that can be seen of a store that is at rest.
type contents struct {
	streams map[string]content
	due     []string // the streams that are due some day
	highest uint64   // identity ever given
}

// content is all that can be seen of one stream.
type content struct {
	meta  store.Meta
	bytes string
	ends  []int64 // of its appends
}

// outcome receives how a change has settled.
type outcome chan error

func (o outcome) Settled(err error) { o <- err }

// must waits for what was staged on the outcome.
func (o outcome) must(t *testing.T, settled bool, err error) {
	t.Helper()
	if err == nil && !settled {
		err = <-o
	}
	if err != nil {
		t.Fatalf("stage or settle: %v", err)
	}
}

// openStore opens the store with whatever count of shards it has.
func openStore(t *testing.T, dir string) *acidstore.Store {
	t.Helper()
	_, shards, _, err := acidstore.Generations(dir)
	if err != nil {
		t.Fatalf("look for generations: %v", err)
	}
	s, err := acidstore.Open(dir, &acidstore.Options{Shards: shards})
	if err != nil {
		t.Fatalf("open with %d shards: %v", shards, err)
	}
	return s
}

func closeStore(t *testing.T, s *acidstore.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
}

// look returns all that is in a store.
func look(t *testing.T, s *acidstore.Store) contents {
	t.Helper()
	c := contents{streams: make(map[string]content)}
	names, err := s.List("", "", 1<<20)
	if err != nil {
		t.Fatalf("list: %v", err)
	}
	for _, name := range names {
		c.streams[name] = lookAt(t, s, name)
	}
	if c.due, err = s.Due(store.Never-1, 1<<20); err != nil {
		t.Fatalf("look for due streams: %v", err)
	}
	slices.Sort(c.due)
	if got := s.Stats().Streams; got != int64(len(names)) {
		t.Errorf("count of streams: got %d, want %d", got, len(names))
	}
	err = s.Scrub(t.Context(), store.ScrubOptions{Report: func(e store.CorruptionError) { t.Errorf("scrub: %v", &e) }})
	if err != nil {
		t.Fatalf("scrub: %v", err)
	}
	return c
}

func lookAt(t *testing.T, s *acidstore.Store, name string) content {
	t.Helper()
	h, err := s.Open(name)
	if err != nil {
		t.Fatalf("open %q: %v", name, err)
	}
	defer h.Release()
	c := content{meta: h.Meta()}
	pieces, err := h.Read(c.meta.Base(), c.meta.Tail)
	if err != nil {
		t.Fatalf("read %q: %v", name, err)
	}
	defer store.ClosePieces(pieces)
	var all strings.Builder
	for _, p := range pieces {
		b, err := p.Bytes()
		if err != nil {
			t.Fatalf("read %q: %v", name, err)
		}
		all.Write(b)
	}
	c.bytes = all.String()
	for pos := c.meta.Base(); pos < c.meta.Tail; {
		start, end, err := h.AppendAt(pos)
		if err != nil || start != pos || end <= pos {
			t.Fatalf("append of %q at %d: got %d to %d and %v, want it to begin there", name, pos, start, end, err)
		}
		c.ends = append(c.ends, end)
		pos = end
	}
	return c
}

// expect fails the test unless the store holds just what it should, and never
// gives an identity again.
func (want contents) expect(t *testing.T, dir, when string) {
	t.Helper()
	s := openStore(t, dir)
	defer closeStore(t, s)
	got := look(t, s)
	for name, stream := range want.streams {
		if !reflect.DeepEqual(got.streams[name], stream) {
			t.Fatalf("%s, stream %q: got %.300s, want %.300s", when, name, fmt.Sprintf("%+v", got.streams[name]), fmt.Sprintf("%+v", stream))
		}
	}
	if len(got.streams) != len(want.streams) {
		t.Fatalf("%s: got %d streams, want %d", when, len(got.streams), len(want.streams))
	}
	if !slices.Equal(got.due, want.due) {
		t.Fatalf("%s, due streams: got %q, want %q", when, got.due, want.due)
	}
	if id := touch(t, s); id <= want.highest {
		t.Fatalf("%s, identity of a new stream: got %d, want it above %d", when, id, want.highest)
	}
}

// touch creates a stream, deletes it, and returns the identity that it had.
func touch(t *testing.T, s *acidstore.Store) uint64 {
	t.Helper()
	done := make(outcome, 1)
	h, settled, err := s.Create("touched", plain, &store.Change{Bytes: []byte("for a moment")}, done)
	done.must(t, settled, err)
	defer h.Release()
	settled, err = h.Delete(done)
	done.must(t, settled, err)
	return h.Meta().ID
}

var plain = store.Config{ContentType: "text/plain", TTL: store.NoTTL}

func idKey(id uint64) []byte { return binary.BigEndian.AppendUint64(nil, id) }
