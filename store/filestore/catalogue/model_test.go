package catalogue_test

import (
	"slices"
	"testing"

	"github.com/weirstreams/weir/store/filestore/catalogue"
	"pgregory.net/rapid"
)

// held is an open iterator and what it should still show.
type held struct {
	it   *catalogue.Iterator
	want []string
}

// machine drives a catalogue beside a plain map.
type machine struct {
	fsys    *memFS
	opts    catalogue.Options
	c       *catalogue.Catalogue
	saved   state
	batch   *catalogue.Batch
	pending map[string]string
	held    []held
}

var (
	// Few letters make keys meet, and share prefixes.
	keys   = rapid.SliceOfN(rapid.SampledFrom([]byte("ab\x00\xff")), 0, 5)
	values = rapid.OneOf(
		rapid.SliceOfN(rapid.Byte(), 0, 20),
		rapid.SliceOfN(rapid.Byte(), 100, 300), // longer than a block
	)
)

func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &machine{fsys: newMemFS(), batch: new(catalogue.Batch), pending: map[string]string{}}
		m.opts = catalogue.Options{
			BlockBytes: rapid.IntRange(64, 300).Draw(t, "block bytes"),
			MaxTables:  rapid.IntRange(1, 5).Draw(t, "max tables"),
		}
		m.open(t)
		t.Repeat(map[string]func(*rapid.T){
			"put": m.put, "putMore": m.put, "delete": m.delete, "commit": m.commit,
			"get": m.get, "scan": m.scan, "hold": m.hold, "reopen": m.reopen,
			"": m.check,
		})
		m.letGo(t)
		m.c.Close()
		if m.fsys.descriptors != 0 {
			t.Fatalf("open files at the end: got %d, want 0", m.fsys.descriptors)
		}
	})
}

func (m *machine) open(t *rapid.T) {
	c, err := catalogue.Open(m.fsys, "cat", &m.opts)
	if err != nil {
		t.Fatalf("Open: got error %v, want none", err)
	}
	m.c = c
}

func (m *machine) put(t *rapid.T) {
	for range rapid.IntRange(1, 20).Draw(t, "count") {
		key, value := keys.Draw(t, "key"), values.Draw(t, "value")
		m.batch.Put(key, value)
		m.pending[string(key)] = "+" + string(value)
	}
}

func (m *machine) delete(t *rapid.T) {
	key := keys.Draw(t, "key")
	m.batch.Delete(key)
	m.pending[string(key)] = "-"
}

func (m *machine) commit(t *rapid.T) {
	root := string(values.Draw(t, "root"))
	if err := m.c.Commit(m.batch, []byte(root)); err != nil {
		t.Fatalf("Commit: got error %v, want none", err)
	}
	entries := m.saved.with(root, nil).entries
	for k, v := range m.pending {
		delete(entries, k)
		if v[0] == '+' {
			entries[k] = v[1:]
		}
	}
	m.saved = state{root, entries}
	m.batch, m.pending = new(catalogue.Batch), map[string]string{}
	if got := m.c.Stats().Tables; got > m.opts.MaxTables {
		t.Fatalf("tables: got %d, want at most %d", got, m.opts.MaxTables)
	}
}

func (m *machine) get(t *rapid.T) {
	key := keys.Draw(t, "key")
	got, ok, err := m.c.Get(key)
	want, exists := m.saved.entries[string(key)]
	if err != nil || ok != exists || string(got) != want {
		t.Fatalf("Get %q: got %q, %v, error %v, want %q, %v", key, got, ok, err, want, exists)
	}
}

func (m *machine) scan(t *rapid.T) {
	from, to := keys.Draw(t, "from"), keys.Draw(t, "to")
	got, err := scan(m.c, from, to)
	if want := m.saved.pairs(from, to); err != nil || !slices.Equal(got, want) {
		t.Fatalf("Scan [%q,%q): got %q, error %v, want %q", from, to, got, err, want)
	}
}

// hold opens an iterator that later commits must not disturb.
func (m *machine) hold(t *rapid.T) {
	if len(m.held) == 3 {
		m.letGo(t)
	}
	from := keys.Draw(t, "from")
	m.held = append(m.held, held{m.c.Scan(from, nil), m.saved.pairs(from, nil)})
}

func (m *machine) letGo(t *rapid.T) {
	for _, h := range m.held {
		got, err := drain(h.it)
		if err != nil || !slices.Equal(got, h.want) {
			t.Fatalf("held Scan: got %q, error %v, want %q", got, err, h.want)
		}
		h.it.Close()
	}
	m.held = nil
}

func (m *machine) reopen(t *rapid.T) {
	m.c.Close()
	m.open(t)
}

func (m *machine) check(t *rapid.T) {
	if d := difference(m.c, m.saved); d != "" {
		t.Fatal(d)
	}
	err := m.c.Verify(t.Context(), func(d *catalogue.CorruptionError) {
		t.Fatalf("Verify: got %v, want no damage", d)
	}, nil)
	if err != nil {
		t.Fatalf("Verify: got error %v, want none", err)
	}
}
