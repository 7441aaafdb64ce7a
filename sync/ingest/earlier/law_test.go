package earlier_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/sync/ingest/earlier"
)

var (
	lawStreams = []string{"a", "b"}
	lawTypes   = []string{"t", "u"}
	lawKeys    = []string{"1", "2", "3", `q"\`, "ü", ""}
)

// model is a plain map, with the events of each key in the order they came.
type model struct {
	events map[string]string // of type and key
	order  []string          // types and keys that have an event, by its age
}

func (m *model) apply(op earlier.Operation, typ, key, event string) {
	id := typ + "/" + key
	if op == earlier.Reset {
		m.events, m.order = nil, nil
		return
	}
	for i, other := range m.order {
		if other == id {
			m.order = append(m.order[:i:i], m.order[i+1:]...)
		}
	}
	delete(m.events, id)
	if op == earlier.Delete {
		return
	}
	if m.events == nil {
		m.events = make(map[string]string)
	}
	m.events[id] = event
	m.order = append(m.order, id)
}

func (m *model) live(typ string) string {
	var keys []string
	for _, id := range m.order {
		if key, ok := strings.CutPrefix(id, typ+"/"); ok {
			keys = append(keys, key)
		}
	}
	return strings.Join(keys, " ")
}

// draw draws a message, and applies it to the model.
func (m *model) draw(t *rapid.T, n int) string {
	typ, key := rapid.SampledFrom(lawTypes).Draw(t, "type"), rapid.SampledFrom(lawKeys).Draw(t, "key")
	var message string
	op := earlier.Operation(rapid.IntRange(0, 4).Draw(t, "operation"))
	switch op {
	case earlier.None:
		return rapid.SampledFrom([]string{"7", `"{"`, `{"a":[]}`, control("snapshot-end")}).Draw(t, "message")
	case earlier.Insert, earlier.Update:
		message = put([]string{"insert", "update"}[op-earlier.Insert], typ, key, fmt.Sprint("value ", n))
	case earlier.Delete:
		message = remove(typ, key)
	case earlier.Reset:
		if rapid.IntRange(0, 5).Draw(t, "reset") > 0 {
			return "null"
		}
		message = control("reset")
	}
	m.apply(op, typ, key, message)
	return message
}

// lawRun is an index beside the models of what it should say.
type lawRun struct {
	server *server
	index  *earlier.Index
	models map[string]*model
	n      int
}

func (r *lawRun) write(t *rapid.T) {
	stream := rapid.SampledFrom(lawStreams).Draw(t, "stream")
	var messages []string
	for range rapid.IntRange(0, 6).Draw(t, "messages") {
		r.n++
		messages = append(messages, r.models[stream].draw(t, r.n))
	}
	r.server.append(stream, messages...)
}

// recreate drops a stream and writes one of the same name.
func (r *lawRun) recreate(t *rapid.T) {
	stream := rapid.SampledFrom(lawStreams).Draw(t, "stream")
	delete(r.server.streams, stream)
	*r.models[stream] = model{}
	if rapid.Bool().Draw(t, "again") {
		r.write(t)
	}
}

func (r *lawRun) check(t *rapid.T) {
	for stream, m := range r.models {
		for _, typ := range lawTypes {
			for _, key := range lawKeys {
				expect(t, r.index, stream, typ, key, m.events[typ+"/"+key])
			}
			if got, want := live(t, r.index, stream, typ), m.live(typ); got != want {
				t.Fatalf("live keys of %s %s: got %q, want %q", stream, typ, got, want)
			}
		}
	}
}

// checkLaw drives an index by random steps; reopen gives the next one.
func checkLaw(t *testing.T, reopen func(t *rapid.T, x *earlier.Index, s *server) *earlier.Index) {
	rapid.Check(t, func(t *rapid.T) {
		r := &lawRun{server: newServer(), models: make(map[string]*model)}
		if rapid.Bool().Draw(t, "small reads") {
			r.server.wrap = halved
		}
		for _, stream := range lawStreams {
			r.models[stream] = &model{}
		}
		r.index = reopen(t, nil, r.server)
		defer func() { _ = r.index.Close() }()
		t.Repeat(map[string]func(*rapid.T){
			"write":    r.write,
			"recreate": r.recreate,
			"check":    r.check,
			"reopen":   func(t *rapid.T) { r.index = reopen(t, r.index, r.server) },
		})
		r.check(t)
	})
}

func TestIndexIsAMap(t *testing.T) {
	root, dirs := t.TempDir(), 0
	checkLaw(t, func(t *rapid.T, x *earlier.Index, s *server) *earlier.Index {
		switch {
		case x == nil:
			dirs++
		case rapid.IntRange(0, 2).Draw(t, "crash") > 0:
			x.Crash()
		default:
			if err := x.Close(); err != nil {
				t.Fatal(err)
			}
		}
		x, err := earlier.Open(fmt.Sprint(root, "/", dirs), s, nil)
		if err != nil {
			t.Fatal(err)
		}
		x.Shrink(rapid.SampledFrom([]int{1, 20, 1000}).Draw(t, "held"), rapid.IntRange(1, 3).Draw(t, "live"))
		return x
	})
}

func TestIndexInMemoryIsAMap(t *testing.T) {
	checkLaw(t, func(_ *rapid.T, x *earlier.Index, s *server) *earlier.Index {
		if x == nil {
			x = earlier.OpenMemory(s, nil)
		}
		return x
	})
}

func TestRecentIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var recent earlier.Recent
		var data []byte
		m, n, touched, reset := model{}, 0, map[string]bool{}, false
		t.Repeat(map[string]func(*rapid.T){
			"write": func(t *rapid.T) {
				n++
				message := m.draw(t, n)
				data = append(append(data, message...), ',')
				reset = reset || message == control("reset")
				_, _ = earlier.Scan([]byte(message+","), func(_ int, e earlier.Event) { touched[string(e.Type)+"/"+string(e.Key)] = true })
			},
			"stored": func(*rapid.T) {
				recent.Reset()
				data, m, reset = nil, model{}, false
				clear(touched)
			},
			"": func(t *rapid.T) {
				typ, key := rapid.SampledFrom(lawTypes).Draw(t, "type"), rapid.SampledFrom(lawKeys).Draw(t, "key")
				id := typ + "/" + key
				want := earlier.Unknown
				switch {
				case m.events[id] != "":
					want = earlier.Live
				case touched[id] || reset:
					want = earlier.Gone
				}
				got, verdict, err := recent.Lookup(data, []byte(typ), []byte(key))
				if err != nil || verdict != want || string(got) != m.events[id] {
					t.Fatalf("%s: got %q, verdict %d and error %v, want %q and verdict %d", id, got, verdict, err, m.events[id], want)
				}
			},
		})
	})
}
