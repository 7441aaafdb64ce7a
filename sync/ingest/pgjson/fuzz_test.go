package pgjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/weirstreams/weir/sync/ingest/pgjson"
)

// fuzzTypes has a type of every kind, and nested ones.
func fuzzTypes(t testing.TB) []*pgjson.Type {
	var types []*pgjson.Type
	for _, name := range []string{
		"text", "bool", "int8", "float8", "bytea", "date", "timestamp", "timestamptz", "interval", "jsonb",
		"int4[]", "text[]", "jsonb[]", "bytea[]", "box[]", "hstore", "hstore[]", "vector", "vector[]",
		"pair", "pair[]", "nest", "lone",
	} {
		types = append(types, buildNamed(t, name, compositeObject))
	}
	return append(types, buildNamed(t, "bytea", byteaHex), buildNamed(t, "json", jsonString))
}

// FuzzAppend: whatever the text, what comes out is one JSON value or nothing.
func FuzzAppend(f *testing.F) {
	types := fuzzTypes(f)
	for i := range types {
		f.Add(uint8(i), []byte("{}"))
	}
	for i, c := range valueCases() {
		if len(c.text) < 200 {
			f.Add(uint8(i%len(types)), []byte(c.text))
		}
	}
	for i, c := range compositeCases {
		f.Add(uint8(len(types)-3-i%4), []byte(c.text))
	}
	f.Fuzz(func(t *testing.T, which uint8, text []byte) {
		prefix := []byte("before")
		kept := bytes.Clone(text)
		got, err := pgjson.Append(prefix, types[int(which)%len(types)], text)
		if !bytes.Equal(text, kept) {
			t.Fatalf("the text changed from %q to %q", kept, text)
		}
		value, ok := bytes.CutPrefix(got, []byte("before"))
		switch {
		case !ok:
			t.Fatalf("what was in dst became %q", got)
		case err != nil && len(value) > 0:
			t.Fatalf("beside %v came %q", err, value)
		case err != nil && !errors.Is(err, pgjson.ErrMalformed) && !errors.Is(err, pgjson.ErrEncoding):
			t.Fatalf("got an undocumented error: %v", err)
		case err == nil && (!json.Valid(value) || !utf8.Valid(value)):
			t.Fatalf("from %q came %q, which is not JSON", text, value)
		case err == nil && bytes.ContainsAny(value, "\n\r"):
			t.Fatalf("from %q came %q, which is more than one line", text, value)
		}
	})
}

// FuzzJSON: valid JSON passes and means the same.
func FuzzJSON(f *testing.F) {
	typ := buildNamed(f, "json", pgjson.Options{})
	for _, seed := range []string{"{\n\"a\":\r[1.0,\t2]}", `"\n\r"`, "1e400", " null ", "\n\n", "{\"a\":\"\xff\"}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := pgjson.Append([]byte{}, typ, text)
		if legal := json.Valid(text) && utf8.Valid(text); legal != (err == nil) {
			t.Fatalf("%q: got %v, though legal is %t", text, err, legal)
		}
		if err != nil {
			return
		}
		var want, have bytes.Buffer
		_ = json.Compact(&want, text)
		_ = json.Compact(&have, got)
		if !bytes.Equal(want.Bytes(), have.Bytes()) {
			t.Fatalf("%q became %q", text, got)
		}
	})
}
