package jsontext_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/weirstreams/weir/stream/jsontext"
	"pgregory.net/rapid"
)

// texts generates JSON texts as careless senders write them.
func texts() *rapid.Generator[string] {
	scalar := rapid.SampledFrom([]string{
		"0", "-1.50e+07", "12345678901234567890", "true", "null", `""`, `"a"`, `","`, `"]"`, `"}{"`,
		`"\""`, `"\\"`, `"\\\""`, `"\\\\"`, `"\u005c"`, `" "`, "\"\u00E9\U0001F600\"",
	})
	space := rapid.SampledFrom([]string{"", "", "", " ", "\n", "\r\n\t "})
	text := scalar
	for range 4 {
		inner := text
		text = rapid.Custom(func(t *rapid.T) string {
			n := rapid.IntRange(0, 4).Draw(t, "elements")
			switch rapid.SampledFrom([]string{"scalar", "array", "object"}).Draw(t, "kind") {
			case "array":
				return "[" + list(t, n, space, inner) + "]"
			case "object":
				member := rapid.Custom(func(t *rapid.T) string {
					return `"` + rapid.SampledFrom([]string{"k", `\"`, ","}).Draw(t, "key") + `"` +
						space.Draw(t, "space") + ":" + inner.Draw(t, "value")
				})
				return "{" + list(t, n, space, member) + "}"
			}
			return scalar.Draw(t, "scalar")
		})
	}
	return rapid.Custom(func(t *rapid.T) string {
		return space.Draw(t, "before") + text.Draw(t, "text") + space.Draw(t, "after")
	})
}

func list(t *rapid.T, n int, space, item *rapid.Generator[string]) string {
	items := make([]string, n)
	for i := range items {
		items[i] = space.Draw(t, "before") + item.Draw(t, "item") + space.Draw(t, "after")
	}
	return strings.Join(items, ",") + space.Draw(t, "end")
}

func TestSplitAgreesWithDecoder(t *testing.T) {
	messages := 0
	rapid.Check(t, func(rt *rapid.T) {
		messages += checkBody(t, []byte(texts().Draw(rt, "body")))
		if t.Failed() {
			rt.FailNow()
		}
	})
	if messages == 0 {
		t.Error("got no message in any body, want the generator to make some")
	}
}

func FuzzSplit(f *testing.F) {
	for _, s := range []string{
		"", " ", "1", "[]", "[1]", `[1,"a,b",{"c":[1,2]}]`, `["\\",1]`, `["\\\"",1]`, "\uFEFF1", "[1,]", `"a`, "[}", "\"\xFF\"", " [ 1 , 2 ] ",
		strings.Repeat("[", 64) + strings.Repeat("]", 64),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) { checkBody(t, body) })
}

// checkBody tests all that must hold for any body, against encoding/json, and
// returns how many messages it has.
func checkBody(t testing.TB, body []byte) int {
	t.Helper()
	out, n, err := jsontext.Split(nil, body)
	if wantOK := json.Valid(body) && utf8.Valid(body); (err == nil) != wantOK {
		t.Fatalf("Split(%q): got error %v, want validity %v", body, err, wantOK)
	}
	if err != nil {
		var refused *jsontext.Error
		if !errors.As(err, &refused) || refused.Detail == "" {
			t.Errorf("Split(%q): got error %#v, want *Error with a detail", body, err)
		}
		return 0
	}
	want := elements(t, body)
	if n != len(want) {
		t.Fatalf("Split(%q): got %d messages, want %d", body, n, len(want))
	}
	checkArray(t, out, n)
	checkBoundaries(t, out, want)
	return n
}

// elements is Split, done slowly by encoding/json.
func elements(t testing.TB, body []byte) [][]byte {
	t.Helper()
	body = bytes.TrimSpace(body)
	if body[0] != '[' {
		return [][]byte{body}
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for _, r := range raw {
		out = append(out, bytes.TrimSpace(r))
	}
	return out
}

// checkArray puts brackets around stored messages, as a read does.
func checkArray(t testing.TB, stored []byte, n int) {
	t.Helper()
	array := append([]byte{'['}, bytes.TrimSuffix(stored, []byte{','})...)
	array = append(array, ']')
	var got []json.RawMessage
	if err := json.Unmarshal(array, &got); err != nil || len(got) != n {
		t.Errorf("read %q: got %d values, %v, want %d", array, len(got), err, n)
	}
}

// checkBoundaries walks stored messages with Next, and asks Cut and Next about
// every place where a page could end.
func checkBoundaries(t testing.TB, stored []byte, want [][]byte) {
	t.Helper()
	boundaries := map[int]bool{0: true}
	rest := stored
	for i, w := range want {
		n := jsontext.Next(rest)
		if n == 0 || string(rest[:n]) != string(w)+"," {
			t.Fatalf("message %d of %q: got %q, want %q and a comma", i, stored, rest[:n], w)
		}
		checkShort(t, rest[:n])
		rest = rest[n:]
		boundaries[len(stored)-len(rest)] = true
	}
	if len(rest) > 0 || jsontext.Next(rest) != 0 {
		t.Errorf("got %q after the last message of %q, want nothing", rest, stored)
	}
	last := 0
	for limit := 0; limit <= min(len(stored)+1, 200); limit++ {
		if boundaries[limit] {
			last = limit
		}
		if got := jsontext.Cut(stored, limit); got != last {
			t.Errorf("Cut(%q, %d): got %d, want %d", stored, limit, got, last)
		}
	}
}

// checkShort asks for the first message of bytes that lack its end.
func checkShort(t testing.TB, message []byte) {
	t.Helper()
	for k := range min(len(message), 200) {
		if got := jsontext.Next(message[:k]); got != 0 {
			t.Errorf("Next(%q) of %q: got %d, want 0", message[:k], message, got)
		}
	}
}

// FuzzNext gives the scanner bytes that Split never made.
func FuzzNext(f *testing.F) {
	for _, s := range []string{"1,2,", `"a,`, "]],", `"\`, "{{{,", `\",`, ",,"} {
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, p []byte, limit int) {
		if n := jsontext.Next(p); n < 0 || n > len(p) || n > 0 && p[n-1] != ',' {
			t.Errorf("Next(%q): got %d, want 0 or the end of a comma", p, n)
		}
		if n := jsontext.Cut(p, limit); n < 0 || n > len(p) || n > max(limit, 0) {
			t.Errorf("Cut(%q, %d): got %d, want a place within both", p, limit, n)
		}
	})
}
