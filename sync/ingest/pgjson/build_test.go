package pgjson_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/weirstreams/weir/sync/ingest/pgjson"
)

// TestBuildUnexplained checks types that end as strings.
func TestBuildUnexplained(t *testing.T) {
	const self, other = 200_001, 200_002
	cases := map[string]pgjson.Catalogue{
		"missing":               {},
		"no extension's hstore": {self: {Local: "hstore"}},
		"another's vector":      {self: {Local: "vector", Extension: "mine"}},
		"sparse vector":         {self: {Local: "sparsevec", Extension: "vector"}},
		"domain of nothing":     {self: {Base: other}},
		"domain of itself":      {self: {Base: self}},
		"domains in a circle":   {self: {Base: other}, other: {Base: self}},
		"composite, bad name":   {self: {Composite: true, Attributes: []pgjson.Attribute{{Name: "\xff", Type: pgtype.Int4OID}}}},
		"geometry":              {self: {Local: "geometry", Extension: "postgis"}},
	}
	for name, catalogue := range cases {
		typ := pgjson.Build(catalogue, self, compositeObject)
		got, err := pgjson.Append(nil, typ, []byte(`{1,"2"}`))
		if want := `"{1,\"2\"}"`; err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v, want %s", name, got, err, want)
		}
	}
}

// TestBuildRecursive: a row that holds rows of its own type ends.
func TestBuildRecursive(t *testing.T) {
	const node, nodes = 200_001, 200_002
	typ := pgjson.Build(pgjson.Catalogue{
		node:  {Composite: true, Attributes: []pgjson.Attribute{{Name: "id", Type: pgtype.Int4OID}, {Name: "kids", Type: nodes}}},
		nodes: {Elem: node},
	}, node, compositeObject)
	got, err := pgjson.Append(nil, typ, []byte(`(1,"{""(2,)""}")`))
	if want := `{"id":1,"kids":["(2,)"]}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

// TestBuildShared: a type that is used often is built once, however deep. Built
// anew for each use, this one would take 2^64 steps.
func TestBuildShared(t *testing.T) {
	catalogue := pgjson.Catalogue{}
	for oid := uint32(300_000); oid < 300_064; oid++ {
		catalogue[oid] = pgjson.TypeFacts{Composite: true, Attributes: []pgjson.Attribute{{Name: "l", Type: oid + 1}, {Name: "r", Type: oid + 1}}}
	}
	typ := pgjson.Build(catalogue, 300_000, compositeObject)
	got, err := pgjson.Append(nil, typ, []byte("(,)"))
	if want := `{"l":null,"r":null}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

func TestOptionsSet(t *testing.T) {
	var o pgjson.Options
	for name, value := range map[string]string{
		"int8": "string", "numeric": "number", "bytea": "hex", "json": "string", "composite": "object",
	} {
		if err := o.Set(name, value); err != nil {
			t.Errorf("Set(%s, %s): %v", name, value, err)
		}
	}
	want := pgjson.Options{Int8String: true, NumericNumber: true, ByteaHex: true, JSONString: true, CompositeObject: true}
	if o != want {
		t.Errorf("got %+v, want %+v", o, want)
	}
	for name, value := range map[string]string{
		"int8": "number", "numeric": "string", "bytea": "base64", "json": "verbatim", "composite": "string",
	} {
		if err := o.Set(name, value); err != nil {
			t.Errorf("Set(%s, %s): %v", name, value, err)
		}
	}
	if o != (pgjson.Options{}) {
		t.Errorf("got %+v, want the defaults", o)
	}
	for _, bad := range [][2]string{{"int4", "string"}, {"int8", "hex"}, {"", ""}, {"json", ""}} {
		if err := o.Set(bad[0], bad[1]); err == nil {
			t.Errorf("Set(%q, %q): got no error", bad[0], bad[1])
		}
	}
}
