package pgjson_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/pgjson"
)

func TestAppend(t *testing.T) {
	for _, c := range slices.Concat(valueCases(), elsewhereCases) {
		t.Run(c.typ, func(t *testing.T) {
			typ := buildNamed(t, c.typ, c.opts)
			got, err := pgjson.Append([]byte("before"), typ, []byte(c.text))
			if err != nil {
				t.Fatalf("Append(%q): %v", c.text, err)
			}
			if want := "before" + c.want; string(got) != want {
				t.Errorf("Append(%q):\n got %s\nwant %s", c.text, got, want)
			}
			if !json.Valid([]byte(c.want)) {
				t.Errorf("the expected %s is not JSON", c.want)
			}
		})
	}
}

// elsewhereCases need an extension or a version that the test server does not
// have.
var elsewhereCases = []valueCase{
	{typ: "vector", text: "[1,2.5,-3e-05]", want: "[1,2.5,-3e-05]"},
	{typ: "vector", text: "[]", want: "[]"},
	{typ: "halfvec", text: "[-0,65504]", want: "[-0,65504]"},
	{typ: "interval", text: "-infinity", want: `"-infinity"`},
	{typ: "vector[]", text: `{"[1,2]",NULL}`, want: "[[1,2],null]"},
}

func TestAppendNull(t *testing.T) {
	for _, name := range []string{"text", "int4", "jsonb", "int4[]", "pair"} {
		got, err := pgjson.Append(nil, buildNamed(t, name, compositeObject), nil)
		if err != nil || string(got) != "null" {
			t.Errorf("%s: got %q, %v, want null", name, got, err)
		}
	}
}

// TestAppendRefuses lists texts that Postgres does not write for the type under
// Settings.
func TestAppendRefuses(t *testing.T) {
	cases := []struct {
		typ   string
		texts []string
	}{
		{"bool", []string{"", "true", "T", "tf"}},
		{"int4", []string{"", "-", "01", "+1", "1 ", "0x1", "nan", "inf"}},
		{"float8", []string{"1.", ".5", "1e", "1e+", "--1", "1.5.5", "1e5x", "1e1e1"}},
		{"bytea", []string{"", `\`, "ff", `\xf`, `\xfg`, `\000\377`, "x00"}},
		{"date", []string{"", "01/02/2024", "02.01.2024", "01-02-2024", "2024-01-02x", "2024-1-2", "2024-01-02 AD", "999-01-02"}},
		{"timestamp", []string{"", "Tue Jan 02 03:04:05 2024", "02/01/2024 03:04:05", "2024-01-02", "2024-01-02T03:04:05", "2024-01-02 03:04:05+00", "2024-01-02 03:04:05.", "2024-01-02 03:04:05.x", "2024-01-02 03:04", "12345-01-02 03:04:05x"}},
		{"timestamptz", []string{"2024-01-02 03:04:05", "2024-01-02 03:04:05+05:45", "2024-01-02 03:04:05-00", "2024-01-02 03:04:05+00:00", "2024-01-02 03:04:05 UTC"}},
		{"interval", []string{"", "1 day", "+1-2", "@ 1 day", "04:05:06"}},
		{"json", []string{"", "{", "01", "{'a':1}", "\"a\nb\"", "1 2"}},
		{"int4[]", []string{"", "{", "}", "{1", "{1,}", "{,1}", "{1}}", "{1}x", "{1 2}", "{{1}", "[0:1]", "[0:1]={", `{"1}`, `{"1"2}`, `{1\2}`, "{1;2}", "{{{{{{{1}}}}}}}", "{null}", "1"}},
		{"text[]", []string{`{"a""b"}`, `{a\"b}`, `{"a\"}`}},
		{"box[]", []string{"{(1,1),(0,0),x;"}},
		{"hstore", []string{`"a"`, `"a"=>`, `"a"=>1`, `a=>"1"`, `"a"=>"1",`, `"a"=>"1", `, `"a"=>"1","b"=>"2"`, `"a"=>NULLx`, `"a"=>"1`, `"a`}},
		{"vector", []string{"", "[", "]", "[1", "1]", "[1,]", "[,]", "[NaN]", "[1 ,2]", "{1}", "[[1]]"}},
	}
	for _, c := range cases {
		typ := buildNamed(t, c.typ, pgjson.Options{})
		for _, text := range c.texts {
			got, err := pgjson.Append([]byte("before"), typ, []byte(text))
			if !errors.Is(err, pgjson.ErrMalformed) {
				t.Errorf("%s from %q: got %s, %v, want ErrMalformed", c.typ, text, got, err)
			}
			if string(got) != "before" {
				t.Errorf("%s from %q: left %q in dst, want only what was there", c.typ, text, got)
			}
		}
	}
}

func TestAppendInvalidUTF8(t *testing.T) {
	cases := []struct{ typ, text string }{
		{"text", "a\xff"},
		{"text", "\xed\xa0\x80"}, // a surrogate
		{"unknown", "caf\xe9"},
		{"json", "\"\xff\""},
		{"interval", "P\xff"},
		{"text[]", "{ok,\xff}"},
		{"text[]", "{\"\\\"\xff\"}"},
		{"hstore", "\"k\"=>\"\xff\""},
		{"pair", "(1,\xff,)"},
	}
	for _, c := range cases {
		typ := pgjson.Build(nil, 99, pgjson.Options{})
		if c.typ != "unknown" {
			typ = buildNamed(t, c.typ, compositeObject)
		}
		if got, err := pgjson.Append(nil, typ, []byte(c.text)); !errors.Is(err, pgjson.ErrEncoding) || len(got) > 0 {
			t.Errorf("%s from %q: got %q, %v, want ErrEncoding", c.typ, c.text, got, err)
		}
	}
}

// TestCompositeFallsBack checks rows that do not fit what the catalogue said.
func TestCompositeFallsBack(t *testing.T) {
	typ := buildNamed(t, "pair", compositeObject)
	for _, text := range []string{
		"(1,x)", "(1,x,{},more)", "(one,x,{})", "(1,x,{)", `(1,"x,{})`, "1,x,{}", "", "(", `(1,"x"y,{})`, "(1,(x),{})",
	} {
		got, err := pgjson.Append([]byte("before"), typ, []byte(text))
		want, _ := pgjson.AppendString([]byte("before"), []byte(text))
		if err != nil || string(got) != string(want) {
			t.Errorf("from %q: got %s, %v, want %s", text, got, err, want)
		}
	}

	nest := buildNamed(t, "nest", compositeObject)
	got, err := pgjson.Append(nil, nest, []byte(`("(1,""x y"")",{},null)`))
	if want := `{"p":"(1,\"x y\")","ps":[],"j":null}`; err != nil || string(got) != want {
		t.Errorf("a row inside a row: got %s, %v, want %s", got, err, want)
	}
}

func TestByteaHexRefuses(t *testing.T) {
	typ := buildNamed(t, "bytea", byteaHex)
	for _, text := range []string{"", "ff", `\xf`, `\xfg`, `\xFF`, `\000`} {
		if got, err := pgjson.Append(nil, typ, []byte(text)); !errors.Is(err, pgjson.ErrMalformed) {
			t.Errorf("from %q: got %s, %v, want ErrMalformed", text, got, err)
		}
	}
}

// TestErrorsAreDiscreet: what a user stored does not reach logs.
func TestErrorsAreDiscreet(t *testing.T) {
	_, err := pgjson.Append(nil, buildNamed(t, "pair[]", pgjson.Options{}), []byte("secret"))
	if want := "public._pair: text does not have the form of its type"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
