package jsontext_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/weirstreams/weir/stream/jsontext"
)

func TestSplit(t *testing.T) {
	tests := []struct {
		name, body, want string
		n                int
	}{
		{"object", `{"e":1}`, `{"e":1},`, 1},
		{"number", `12345678901234567890`, `12345678901234567890,`, 1},
		{"fraction", `1.0`, `1.0,`, 1},
		{"string", `"a"`, `"a",`, 1},
		{"null", `null`, `null,`, 1},
		{"whitespace around", " \t\r\n true \n", `true,`, 1},
		{"array", `[{"a":1},{"b":2}]`, `{"a":1},{"b":2},`, 2},
		{"array of one", `[1]`, `1,`, 1},
		{"array of arrays", `[[1,2],[3,4]]`, `[1,2],[3,4],`, 2},
		{"one level only", `[[[1,2,3]]]`, `[[1,2,3]],`, 1},
		{"array of an empty array", `[[]]`, `[],`, 1},
		{"empty array", `[]`, ``, 0},
		{"blank array", " [ \n ] ", ``, 0},
		{"whitespace around elements", "[ 1 ,\n2\t,\r\n[ 3 ] ]", `1,2,[ 3 ],`, 3},
		{"whitespace within", "{ \"a\" :\n1 }", "{ \"a\" :\n1 },", 1},
		{"structure in strings", `["],[","\"},{",""]`, `"],[","\"},{","",`, 3},
		{"backslashes before a quote", `["\\",1,"\\\"",2]`, `"\\",1,"\\\"",2,`, 4},
		{"repeated keys stay", `{"a":1,"a":2}`, `{"a":1,"a":2},`, 1},
		{"escapes stay", `"\u00e9\/"`, `"\u00e9\/",`, 1},
		{"UTF-8 stays", "[\"caf\u00E9\U0001F600\"]", "\"caf\u00E9\U0001F600\",", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out, n, err := jsontext.Split([]byte("0,"), []byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if want := "0," + test.want; string(out) != want || n != test.n {
				t.Errorf("got %d messages %q, want %d %q", n, out, test.n, want)
			}
		})
	}
}

func TestSplitRefuses(t *testing.T) {
	tests := []struct{ name, body, slug, detail string }{
		{"empty", "", jsontext.Empty, "empty"},
		{"blank", " \r\n\t", jsontext.Empty, "empty"},
		{"byte order mark", "\uFEFF{}", jsontext.BOM, "byte order mark"},
		{"not UTF-8", "\"a\xFF\"", jsontext.NotUTF8, "byte 3"},
		{"half a character", "\"\xE2\x82\"", jsontext.NotUTF8, "byte 2"},
		{"surrogate", "\"\xED\xA0\x80\"", jsontext.NotUTF8, "byte 2"},
		{"no JSON", "hello", jsontext.Invalid, "byte 1"},
		{"cut off", `{"a":`, jsontext.Invalid, "unexpected end"},
		{"unclosed string", `"a`, jsontext.Invalid, "unexpected end"},
		{"bad third element", `[1,2,x]`, jsontext.Invalid, "byte 6"},
		{"two values", `1 2`, jsontext.Invalid, "byte 3"},
		{"two arrays", `[1],[2]`, jsontext.Invalid, "byte 4"},
		{"last comma", `[1,]`, jsontext.Invalid, "byte 4"},
		{"stored form", `1,2,`, jsontext.Invalid, "byte 2"},
		{"brackets mixed", `[}`, jsontext.Invalid, "byte 2"},
		{"control character in a string", "\"a\nb\"", jsontext.Invalid, "byte 3"},
		{"other space", "\u00A01", jsontext.Invalid, "byte 1"},
		{"too deep", strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), jsontext.Invalid, "depth"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out, n, err := jsontext.Split([]byte("0,"), []byte(test.body))
			var refused *jsontext.Error
			if !errors.As(err, &refused) {
				t.Fatalf("got error %v, want *Error", err)
			}
			if refused.Slug != test.slug || !strings.Contains(refused.Detail, test.detail) {
				t.Errorf("got %s: %s, want %s and %q", refused.Slug, refused.Detail, test.slug, test.detail)
			}
			if string(out) != "0," || n != 0 {
				t.Errorf("got %d messages, %q, want dst as it was", n, out)
			}
			if strings.ContainsAny(refused.Detail, "\n\x00") {
				t.Errorf("got a control character in the detail %q", refused.Detail)
			}
		})
	}
}

// TestSplitAllocatesPerBody leaves room for dst and for what the check of the
// body needs, but not for one allocation a message.
func TestSplitAllocatesPerBody(t *testing.T) {
	body := array(100, 256)
	got := testing.AllocsPerRun(10, func() {
		if _, _, err := jsontext.Split(nil, body); err != nil {
			t.Error(err)
		}
	})
	if got > 5 {
		t.Errorf("got %v allocations for 100 messages, want at most 5", got)
	}
}
