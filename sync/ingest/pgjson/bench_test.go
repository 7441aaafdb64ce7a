package pgjson_test

import (
	"math"
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/pgjson"
)

// benchCases has a plain value of each kind, as rows of the field have them.
var benchCases = []struct {
	name, typ, text string
	opts            pgjson.Options
}{
	{name: "bool", typ: "bool", text: "t"},
	{name: "int8", typ: "int8", text: "1234567890123"},
	{name: "float8", typ: "float8", text: "1234.5678901"},
	{name: "numeric", typ: "numeric", text: "12345.67"},
	{name: "numeric as number", typ: "numeric", text: "12345.67", opts: numericNumber},
	{name: "uuid", typ: "uuid", text: "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
	{name: "text 100 B", typ: "text", text: strings.Repeat("plain text", 10)},
	{name: "text 100 B, escapes", typ: "text", text: strings.Repeat("\"quoted\"\n\t", 10)},
	{name: "text 10 kB", typ: "text", text: strings.Repeat("plain text", 1000)},
	{name: "bytea 100 B", typ: "bytea", text: `\x` + strings.Repeat("00ff", 50)},
	{name: "date", typ: "date", text: "2024-01-02"},
	{name: "timestamptz", typ: "timestamptz", text: "2024-01-02 03:04:05.678901+00"},
	{name: "interval", typ: "interval", text: "P1Y2M3DT4H5M6.789S"},
	{name: "jsonb 200 B", typ: "jsonb", text: `{"id": 12345, "kind": "order", "tags": ["a", "b", "c"], "total": 12.50, "address": {"city": "Berlin", "street": "Unter den Linden 1", "zip": "10117"}, "note": "leave it at the \"door\"", "ok": true}`},
	{name: "int4[]", typ: "int4[]", text: "{1,2,3,4,5,6,7,8,9,10}"},
	{name: "text[], quoted", typ: "text[]", text: `{"a b","c d","e f","g,h",NULL}`},
	{name: "text[], escapes", typ: "text[]", text: `{"a\"b","c\\d"}`},
	{name: "composite as object", typ: "pair", text: `(1,"x y","{a,b,""c d""}")`, opts: compositeObject},
	{name: "hstore", typ: "hstore", text: `"a"=>"1", "b"=>NULL, "c"=>"x y"`},
	{name: "vector, 8 numbers", typ: "vector", text: "[0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8]"},
}

func BenchmarkAppend(b *testing.B) {
	for _, c := range benchCases {
		b.Run(c.name, func(b *testing.B) {
			typ := buildNamed(b, c.typ, c.opts)
			text, dst := []byte(c.text), []byte(nil)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				var err error
				if dst, err = pgjson.Append(dst[:0], typ, text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestAppendAllocatesNothing holds once dst has grown to its size.
func TestAppendAllocatesNothing(t *testing.T) {
	for _, c := range benchCases {
		typ := buildNamed(t, c.typ, c.opts)
		text, dst := []byte(c.text), make([]byte, 0, 4*len(c.text)+64)
		got := math.Inf(1)
		for range 5 { // what the server of other tests does counts, too
			got = min(got, testing.AllocsPerRun(50, func() {
				if _, err := pgjson.Append(dst, typ, text); err != nil {
					t.Fatalf("%s: %v", c.name, err)
				}
			}))
		}
		if got >= 1 {
			t.Errorf("%s: got %v allocations for a value, want none", c.name, got)
		}
	}
}
