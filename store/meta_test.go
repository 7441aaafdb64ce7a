package store_test

import (
	"reflect"
	"testing"

	"github.com/weirstreams/weir/store"
)

// TestApply moves one state over each field of a change.
func TestApply(t *testing.T) {
	p := &store.ProducerAppend{ID: "p", Epoch: 1, Seq: 2}
	for name, c := range map[string]struct {
		change store.Change
		want   func(*store.Meta)
	}{
		"nothing":     {store.Change{}, func(*store.Meta) {}},
		"bytes":       {store.Change{Bytes: []byte("abc")}, func(m *store.Meta) { m.Tail += 3 }},
		"seq":         {store.Change{Seq: "2"}, func(m *store.Meta) { m.LastSeq = "2" }},
		"expires":     {store.Change{Expires: 5}, func(m *store.Meta) { m.Expires = 5 }},
		"soft delete": {store.Change{SoftDelete: true}, func(m *store.Meta) { m.Deleted = true }},
		"close":       {store.Change{Close: true}, func(m *store.Meta) { m.Closed = true }},
		"mark": {store.Change{Mark: "m", MarkValue: "v"}, func(m *store.Meta) {
			m.Marks = map[string]string{"old": "mark", "m": "v"}
		}},
		"value of no mark": {store.Change{MarkValue: "v"}, func(*store.Meta) {}},
		"producer": {store.Change{Producer: p}, func(m *store.Meta) {
			m.Producers = map[string]store.ProducerState{"old": {Epoch: 8, Seq: 9}, "p": {Epoch: 1, Seq: 2}}
		}},
		"close by producer": {store.Change{Close: true, Producer: p}, func(m *store.Meta) {
			m.Closed, m.ClosedBy = true, p
			m.Producers = map[string]store.ProducerState{"old": {Epoch: 8, Seq: 9}, "p": {Epoch: 1, Seq: 2}}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got, want := someMeta(), someMeta()
			c.want(&want)
			got.Apply(&c.change)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("state: got %+v, want %+v", got, want)
			}
		})
	}
}

// TestAddsOnly: every field but Bytes makes a change more than bytes. A new field
// of Change fails here until AddsOnly knows it.
func TestAddsOnly(t *testing.T) {
	if c := (store.Change{Bytes: []byte("abc")}); !c.AddsOnly() {
		t.Error("a change of bytes alone: got false, want true")
	}
	from := reflect.ValueOf(store.Change{
		Bytes: []byte("abc"), Producer: &store.ProducerAppend{}, Close: true, Seq: "1",
		Expires: 1, SoftDelete: true, Mark: "m", MarkValue: "v",
	})
	for i := range from.NumField() {
		name := from.Type().Field(i).Name
		if from.Field(i).IsZero() {
			t.Errorf("%s: not in this test", name)
		}
		var c store.Change
		reflect.ValueOf(&c).Elem().Field(i).Set(from.Field(i))
		harmless := name == "Bytes" || name == "MarkValue" // which means nothing without Mark
		if got := c.AddsOnly(); got != harmless {
			t.Errorf("%s alone: got %v, want %v", name, got, harmless)
		}
	}
}

func someMeta() store.Meta {
	return store.Meta{ID: 1, Name: "s", Tail: 10, Expires: 3, LastSeq: "1",
		Producers: map[string]store.ProducerState{"old": {Epoch: 8, Seq: 9}},
		Marks:     map[string]string{"old": "mark"}}
}

// TestApplyKeepsNothing: a change may be used again once it is applied.
func TestApplyKeepsNothing(t *testing.T) {
	var m store.Meta
	p := store.ProducerAppend{ID: "p", Epoch: 1, Seq: 2}
	m.Apply(&store.Change{Close: true, Producer: &p})
	p = store.ProducerAppend{ID: "another"}
	if want := (store.ProducerAppend{ID: "p", Epoch: 1, Seq: 2}); *m.ClosedBy != want {
		t.Errorf("closed by: got %+v, want %+v", *m.ClosedBy, want)
	}
}

func TestCloneSharesNothing(t *testing.T) {
	m := someMeta()
	c := m.Clone()
	m.Apply(&store.Change{Bytes: []byte("x"), Mark: "old", MarkValue: "new", Producer: &store.ProducerAppend{ID: "old"}})
	if want := someMeta(); !reflect.DeepEqual(c, want) {
		t.Errorf("clone after a change: got %+v, want %+v", c, want)
	}
}

func TestDue(t *testing.T) {
	for name, c := range map[string]struct {
		meta store.Meta
		want int64
	}{
		"for ever":                  {store.Meta{}, store.Never},
		"expires":                   {store.Meta{Expires: 7}, 7},
		"expires, with forks":       {store.Meta{Expires: 7, Refs: 1}, 7},
		"deleted":                   {store.Meta{Deleted: true}, 0},
		"deleted, would expire":     {store.Meta{Deleted: true, Expires: 7}, 0},
		"deleted, kept for forks":   {store.Meta{Deleted: true, Refs: 2}, store.Never},
		"kept for forks, expirable": {store.Meta{Deleted: true, Refs: 2, Expires: 7}, store.Never},
	} {
		if got := c.meta.Due(); got != c.want {
			t.Errorf("%s: got due %d, want %d", name, got, c.want)
		}
	}
}

func TestNewMeta(t *testing.T) {
	if m := store.NewMeta(1, "s", store.Config{}); m.Base() != 0 || m.Tail != 0 {
		t.Errorf("stream: got base %d and tail %d, want 0 and 0", m.Base(), m.Tail)
	}
	m := store.NewMeta(2, "f", store.Config{Fork: &store.Fork{At: 40}})
	if m.Base() != 40 || m.Tail != 40 {
		t.Errorf("fork: got base %d and tail %d, want 40 and 40", m.Base(), m.Tail)
	}
}
