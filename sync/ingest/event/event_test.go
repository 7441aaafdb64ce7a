package event_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
)

func text(v string) pgoutput.Column {
	return pgoutput.Column{Kind: pgoutput.Text, Value: []byte(v)}
}

var (
	null      = pgoutput.Column{Kind: pgoutput.Null}
	unchanged = pgoutput.Column{Kind: pgoutput.Unchanged}
)

const headers = `,"txid":"7"`

// TestAppend has every form of an event.
func TestAppend(t *testing.T) {
	for _, test := range []struct {
		name string
		c    event.Change
		want string
	}{
		{"insert", event.Change{Operation: event.Insert, Key: []byte("1"), Row: pgoutput.Tuple{text("1"), text(`a"b`), text("t")}},
			`{"type":"t","key":"1","value":{"id":1,"v":"a\"b","Odd \"name":true},"headers":{"operation":"insert","txid":"7"}},`},
		{"NULL", event.Change{Operation: event.Update, Key: []byte("1"), Row: pgoutput.Tuple{text("1"), null, null}},
			`{"type":"t","key":"1","value":{"id":1,"v":null,"Odd \"name":null},"headers":{"operation":"update","txid":"7"}},`},
		{"known", event.Change{Operation: event.Update, Key: []byte("1"), Row: pgoutput.Tuple{text("1"), unchanged, null}, Known: [][]byte{nil, []byte(`"k"`), nil}},
			`{"type":"t","key":"1","value":{"id":1,"v":"k","Odd \"name":null},"headers":{"operation":"update","txid":"7"}},`},
		{"old", event.Change{Operation: event.Update, Key: []byte("1"), Row: pgoutput.Tuple{text("1"), null, null}, Old: pgoutput.Tuple{text("1"), text("o"), null}},
			`{"type":"t","key":"1","value":{"id":1,"v":null,"Odd \"name":null},"old_value":{"id":1,"v":"o","Odd \"name":null},"headers":{"operation":"update","txid":"7"}},`},
		{"delete", event.Change{Operation: event.Delete, Key: []byte(`a"`)},
			`{"type":"t","key":"a\"","headers":{"operation":"delete","txid":"7"}},`},
		{"deleted row", event.Change{Operation: event.Delete, Key: []byte("1"), Old: pgoutput.Tuple{text("1"), null, null}},
			`{"type":"t","key":"1","old_value":{"id":1,"v":null,"Odd \"name":null},"headers":{"operation":"delete","txid":"7"}},`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := newTable(t, nil).Append([]byte("before,"), &test.c, []byte(headers))
			if err != nil || string(got) != "before,"+test.want {
				t.Errorf("got %q, %v, want it behind %q", got, err, test.want)
			}
		})
	}
}

// TestAppendFails: what cannot become an event leaves nothing behind.
func TestAppendFails(t *testing.T) {
	for _, test := range []struct {
		c    event.Change
		want string
	}{
		{event.Change{Key: []byte("\xff")}, "encode key of public.t"},
		{event.Change{Key: []byte("1"), Row: pgoutput.Tuple{text("1"), text("\xff"), null}}, "encode column v of public.t"},
		{event.Change{Key: []byte("1"), Row: pgoutput.Tuple{text("1"), unchanged, null}}, "encode column v of public.t: the value was not sent"},
		{event.Change{Key: []byte("1"), Row: pgoutput.Tuple{text("1"), unchanged, unchanged}, Known: [][]byte{nil, []byte("1"), nil}}, "encode column Odd"},
		{event.Change{Key: []byte("1"), Old: pgoutput.Tuple{text("1"), unchanged, null}}, "encode column v of public.t"},
		{event.Change{Key: []byte("1"), Row: pgoutput.Tuple{{Kind: pgoutput.Binary, Value: []byte("1")}, null, null}}, "encode column id of public.t"},
	} {
		got, err := newTable(t, nil).Append([]byte("before,"), &test.c, nil)
		if string(got) != "before," || err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %q, %v, want nothing and an error with %q", got, err, test.want)
		}
	}
	_, err := newTable(t, nil).Append(nil, &event.Change{Row: pgoutput.Tuple{unchanged, null, null}}, nil)
	if !errors.Is(err, event.ErrUnknownValue) {
		t.Errorf("got error %v, want %v", err, event.ErrUnknownValue)
	}
}

// TestControl has the control events, and the headers that the assembler adds.
func TestControl(t *testing.T) {
	p := lsn.Position{Commit: 0x10, Change: 0xf, Sub: 1}
	h := event.AppendPosition([]byte(headers), p)
	for _, test := range []struct{ got, want string }{
		{string(event.AppendControl([]byte("1,"), event.Reset, h)),
			`1,{"headers":{"control":"reset","txid":"7","lsn":"0000000000000010-000000000000000f-00000001"}},`},
		{string(event.AppendControl(nil, event.SnapshotStart, nil)), `{"headers":{"control":"snapshot-start"}},`},
		{string(event.AppendControl(nil, event.SnapshotEnd, nil)), `{"headers":{"control":"snapshot-end"}},`},
		{string(event.Last(event.AppendControl([]byte("1,"), event.Reset, []byte(headers)))),
			`1,{"headers":{"control":"reset","txid":"7","last":true}},`},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

// TestAnyRow: whatever text a row holds, its event is one line of JSON that ends as
// Last needs it, and says what the row says.
func TestAnyRow(t *testing.T) {
	table := newTable(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		key, v := rapid.String().Draw(t, "key"), rapid.String().Draw(t, "value")
		c := &event.Change{Operation: event.Update, Key: []byte(key), Row: pgoutput.Tuple{text("1"), text(v), null}}
		if rapid.Bool().Draw(t, "old") {
			c.Old = pgoutput.Tuple{null, text(v), text("f")}
		}
		got, err := table.Append(nil, c, []byte(headers))
		if err != nil {
			t.Fatalf("append: %v", err)
		}
		if rapid.Bool().Draw(t, "last") {
			got = event.Last(got)
		}
		if !bytes.HasSuffix(got, []byte("}},")) || bytes.ContainsAny(got, "\n\r") {
			t.Fatalf("got %q, want one line that ends with }},", got)
		}
		var read struct {
			Key   string
			Value struct{ V string }
		}
		if err := json.Unmarshal(got[:len(got)-1], &read); err != nil || read.Key != key || read.Value.V != v {
			t.Fatalf("got %q, which reads as %+v, %v, want key %q and value %q", got, read, err, key, v)
		}
	})
}
