package stream_test

import (
	"fmt"
	"os"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore"
	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
)

// machine runs requests against an engine and the model, side by side.
type machine struct {
	*rapid.T
	model  model
	engine *stream.Engine
	store  store.Store
	reopen func(t *rapid.T, st store.Store) store.Store
}

var names = []string{"a", "b", "c", "d"}

func (m *machine) name(label string) string { return rapid.SampledFrom(names).Draw(m.T, label) }

func (m *machine) want(what string, err error, want stream.Code) {
	m.Helper()
	if got := codeOf(err); got != want {
		m.Fatalf("%s: got %q (%v), want %q", what, got, err, want)
	}
}

func (m *machine) create(*rapid.T) {
	name, contentType := m.name("name"), rapid.SampledFrom([]string{octets, json}).Draw(m.T, "type")
	r := plain(name, contentType)
	r.Closed = rapid.IntRange(0, 9).Draw(m.T, "closed") == 0
	_, _, err := m.engine.Create(r)
	m.want("create "+name, err, m.model.create(name, contentType, r.Closed))
}

func (m *machine) fork(*rapid.T) {
	name, source := m.name("name"), m.name("source")
	anchor, sub := m.position(source), rapid.SampledFrom([]int{0, 0, 1, 2, 3}).Draw(m.T, "sub")
	_, _, err := m.engine.Create(forkOf(name, source, int64(anchor), int64(sub)))
	m.want(fmt.Sprintf("fork %s from %s at %d+%d", name, source, anchor, sub), err, m.model.fork(name, source, anchor, sub))
}

// position is one of the stream's, and now and then one too far.
func (m *machine) position(name string) int {
	n := 0
	if s := m.model[name]; s != nil {
		n = len(s.bytes())
	}
	return rapid.IntRange(0, n+1).Draw(m.T, "position")
}

func (m *machine) append(*rapid.T) {
	name := m.name("name")
	contentType := octets
	if s := m.model[name]; s != nil {
		contentType = s.contentType
	}
	b := rapid.SampledFrom(append([]body{{}}, bodies[contentType]...)).Draw(m.T, "body")
	r := &stream.AppendRequest{
		Name: name, Body: []byte(b.text), ContentType: contentType,
		Seq:   rapid.SampledFrom([]string{"", "", "1", "2", "3"}).Draw(m.T, "seq"),
		Close: rapid.IntRange(0, 7).Draw(m.T, "close") == 0,
	}
	if rapid.Bool().Draw(m.T, "produced") {
		r.Producer = &store.ProducerAppend{
			ID:    rapid.SampledFrom([]string{"p", "q"}).Draw(m.T, "id"),
			Epoch: rapid.Int64Range(0, 1).Draw(m.T, "epoch"), Seq: rapid.Int64Range(0, 3).Draw(m.T, "number"),
		}
	}
	res, err := m.engine.Append(r)
	code, duplicate := m.model.append(name, b, r.Producer, r.Seq, r.Close)
	m.want("append to "+name, err, code)
	if s := m.model[name]; err == nil && (res.Duplicate != duplicate || int(res.Tail) != len(s.bytes()) || res.Closed != s.closed) {
		m.Fatalf("append to %s: got %+v, want duplicate %v, tail %d, closed %v", name, res, duplicate, len(s.bytes()), s.closed)
	}
}

func (m *machine) delete(*rapid.T) {
	name := m.name("name")
	m.want("delete "+name, m.engine.Delete(name), m.model.delete(name))
}

func (m *machine) read(*rapid.T) {
	name := m.name("name")
	pos := m.position(name)
	r, err := m.engine.Read(name, stream.Position(pos), rapid.Bool().Draw(m.T, "live"))
	if err == nil {
		r.Close()
	}
	s, want := m.model.find(name)
	if want == "" {
		if _, ok := s.index(pos); !ok {
			want = stream.CodeInvalidOffset
		}
	}
	m.want(fmt.Sprintf("read %s at %d", name, pos), err, want)
	if err != nil {
		return
	}
	if got := contents(m, m.engine, name, stream.Position(pos)); got != s.bytes()[pos:] {
		m.Fatalf("read %s from %d: got %q, want %q", name, pos, got, s.bytes()[pos:])
	}
}

// restart begins again with what is stored.
func (m *machine) restart(t *rapid.T) {
	if rapid.IntRange(0, 3).Draw(t, "patience") > 0 {
		return // a restart takes as long as all else together
	}
	m.engine.Close()
	m.store = m.reopen(t, m.store)
	m.engine = stream.New(m.store, &stream.Options{PageBytes: 7})
}

func (m *machine) check(*rapid.T) {
	for _, name := range names {
		_, want := m.model.find(name)
		info, err := m.engine.Head(name)
		m.want("head "+name, err, want)
		if s := m.model[name]; want == "" && (int(info.Tail) != len(s.bytes()) || info.Closed != s.closed || info.ContentType != s.contentType) {
			m.Fatalf("head %s: got %+v, want tail %d, closed %v, %s", name, info, len(s.bytes()), s.closed, s.contentType)
		}
	}
	if got := m.store.Stats().Streams; got != int64(len(m.model)) {
		m.Fatalf("streams stored: got %d, want %d", got, len(m.model))
	}
}

func runLaws(t *rapid.T, st store.Store, reopen func(*rapid.T, store.Store) store.Store) {
	m := &machine{T: t, model: model{}, store: st, reopen: reopen, engine: stream.New(st, &stream.Options{PageBytes: 7})}
	defer func() { m.engine.Close(); m.store.Close() }()
	t.Repeat(map[string]func(*rapid.T){
		"create": m.create, "fork": m.fork, "append": m.append, "append again": m.append, "append more": m.append,
		"delete": m.delete, "read": m.read, "restart": m.restart, "": m.check,
	})
}

func TestLawsInMemory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		runLaws(t, memstore.New(nil), func(_ *rapid.T, st store.Store) store.Store { return st })
	})
}

// TestLawsInFiles runs the laws on files that are checkpointed all the time and
// opened anew in between.
func TestLawsInFiles(t *testing.T) {
	root := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp(root, "store")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		runLaws(t, openFiles(t, dir), func(t *rapid.T, st store.Store) store.Store {
			if err := st.Close(); err != nil {
				t.Fatalf("close: %v", err)
			}
			return openFiles(t, dir)
		})
	})
}

// openFiles opens a file store whose log is never long.
func openFiles(t tb, dir string) store.Store {
	t.Helper()
	st, err := filestore.Open(dir, &filestore.Options{CheckpointLogBytes: 256})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return st
}
