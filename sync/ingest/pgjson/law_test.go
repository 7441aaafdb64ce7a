package pgjson_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/sync/ingest/pgjson"
)

// The laws write a value as Postgres does and expect it back from the JSON.

var backslashes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func TestLawText(t *testing.T) {
	typ := buildNamed(t, "text", pgjson.Options{})
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.String().Draw(t, "text")
		var got string
		decode(t, typ, want, &got)
		if got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

func TestLawArray(t *testing.T) {
	typ := buildNamed(t, "text[]", pgjson.Options{})
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.Ptr(rapid.String(), true), 0, 8).Draw(t, "members")
		members := []string{}
		for _, member := range want {
			members = append(members, nullOr(member, "NULL", func(s string) string { return `"` + backslashes.Replace(s) + `"` }))
		}
		got := []*string{}
		decode(t, typ, "{"+strings.Join(members, ",")+"}", &got)
		if !reflect.DeepEqual(got, append([]*string{}, want...)) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func TestLawHstore(t *testing.T) {
	typ := buildNamed(t, "hstore", pgjson.Options{})
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.MapOfN(rapid.String(), rapid.Ptr(rapid.String(), true), 0, 8).Draw(t, "pairs")
		var pairs []string
		for key, value := range want {
			quote := func(s string) string { return `"` + backslashes.Replace(s) + `"` }
			pairs = append(pairs, quote(key)+"=>"+nullOr(value, "NULL", quote))
		}
		got := map[string]*string{}
		decode(t, typ, strings.Join(pairs, ", "), &got)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

// TestLawNested puts an array into a row into an array: three layers of quotes.
func TestLawNested(t *testing.T) {
	typ := buildNamed(t, "pair[]", compositeObject)
	doubled := strings.NewReplacer(`\`, `\\`, `"`, `""`)
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.String().Draw(t, "text")
		tags := `{"` + backslashes.Replace(want) + `"}`
		row := `(1,"` + doubled.Replace(want) + `","` + doubled.Replace(tags) + `")`
		var got []map[string]json.RawMessage
		decode(t, typ, `{"`+backslashes.Replace(row)+`"}`, &got)
		if len(got) != 1 {
			t.Fatalf("got %d rows, want 1", len(got))
		}
		var inRow string
		var inArray []string
		if err := errors.Join(json.Unmarshal(got[0][`a "b"`], &inRow), json.Unmarshal(got[0]["tags"], &inArray)); err != nil {
			t.Fatalf("read %s: %v", got, err)
		}
		if inRow != want || len(inArray) != 1 || inArray[0] != want {
			t.Fatalf("got %q and %q, want %q in both", inRow, inArray, want)
		}
	})
}

func nullOr(s *string, null string, quote func(string) string) string {
	if s == nil {
		return null
	}
	return quote(*s)
}

func decode(t *rapid.T, typ *pgjson.Type, text string, into any) {
	out, err := pgjson.Append(nil, typ, append([]byte{}, text...))
	if err != nil {
		t.Fatalf("Append(%q): %v", text, err)
	}
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatalf("read %s: %v", out, err)
	}
}

// TestEachByteAtEachPlace: texts are looked at eight bytes at a time, and what needs an
// escape is found wherever it is among them; nothing else gets one.
func TestEachByteAtEachPlace(t *testing.T) {
	for c := range 256 {
		for place := range 18 {
			text := []byte("plain text, plain!")
			text[place] = byte(c)
			got, err := pgjson.AppendString(nil, text)
			if c >= 0x80 {
				if !errors.Is(err, pgjson.ErrEncoding) {
					t.Errorf("%q: got %q, %v, want ErrEncoding", text, got, err)
				}
				continue
			}
			var back string
			if err := errors.Join(err, json.Unmarshal(got, &back)); err != nil || back != string(text) {
				t.Errorf("%q: got %s, %v", text, got, err)
			}
			escaped := len(got) > len(text)+len(`""`)
			if needed := c < ' ' || c == '"' || c == '\\'; escaped != needed {
				t.Errorf("%q: got %s, want an escape: %v", text, got, needed)
			}
		}
	}
}
