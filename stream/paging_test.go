package stream_test

import (
	stdjson "encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
)

// messages are JSON values that tempt a careless cut.
var messages = []string{
	`1`, `-0.5e3`, `"a,b"`, `"\\"`, `"\\\","`, `"]}"`, `[]`, `[1,[2,3]]`, `{"a":[1,{"b":","}]}`, `null`,
	`"` + strings.Repeat("long, ", 20) + `"`, `{"k":"` + strings.Repeat(`\"`, 30) + `"}`, `"\u00e9é€😀"`,
}

var runes = []string{"a", "\n", "é", "€", "😀", "word"}

// writeAny appends random bodies of one kind and returns what is stored.
func writeAny(t *rapid.T, e *stream.Engine, contentType string) string {
	var all strings.Builder
	for range rapid.IntRange(0, 12).Draw(t, "appends") {
		switch contentType {
		case json:
			batch := rapid.SliceOfN(rapid.SampledFrom(messages), 1, 6).Draw(t, "batch")
			put(t, e, "s", "["+strings.Join(batch, " , ")+"]")
			all.WriteString(strings.Join(batch, ",") + ",")
		case text:
			body := strings.Join(rapid.SliceOfN(rapid.SampledFrom(runes), 1, 20).Draw(t, "text"), "")
			put(t, e, "s", body)
			all.WriteString(body)
		default:
			body := rapid.SliceOfN(rapid.Byte(), 1, 60).Draw(t, "bytes")
			put(t, e, "s", string(body))
			all.Write(body)
		}
	}
	return all.String()
}

// TestPages: pages one after another are the whole, each is at most a page long
// unless it is one message, holds whole messages or characters, and says
// truthfully whether it is the last.
func TestPages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(4, 80).Draw(t, "page")
		e := stream.New(memstore.New(nil), &stream.Options{PageBytes: size})
		defer e.Close()
		kind := rapid.SampledFrom([]string{json, text, octets}).Draw(t, "kind")
		create(t, e, plain("s", kind))
		want := writeAny(t, e, kind)
		name := "s"
		if rapid.Bool().Draw(t, "fork") && kind != json {
			at := rapid.IntRange(0, len(want)).Draw(t, "at")
			create(t, e, forkOf("f", "s", int64(at), 0))
			name, want = "f", want[:at]
		}
		closed := rapid.Bool().Draw(t, "closed")
		if closed {
			closeStream(t, e, name)
		}
		checkPages(t, e, name, want, size, closed)
	})
}

func checkPages(t *rapid.T, e *stream.Engine, name, want string, size int64, closed bool) {
	r, err := e.Read(name, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got := ""
	for {
		p, b := nextPage(t, r)
		if int(p.From) != len(got) || p.Len() != int64(len(b)) || int(p.Tail) != len(want) {
			t.Fatalf("page: got %s to %s of %s with %d bytes after %d, want it to follow", p.From, p.To, p.Tail, len(b), len(got))
		}
		got += b
		checkPage(t, p, b, got, size)
		if p.UpToDate != (len(got) == len(want)) || p.EOF != (p.UpToDate && closed) {
			t.Fatalf("page to %d of %d, closed %v: got up to date %v, end %v", len(got), len(want), closed, p.UpToDate, p.EOF)
		}
		if p.UpToDate {
			break
		}
	}
	if got != want {
		t.Fatalf("pages together: got %q, want %q", got, want)
	}
}

func checkPage(t *rapid.T, p *stream.Page, b, sofar string, size int64) {
	if b == "" && !p.UpToDate {
		t.Fatalf("page at %s: got no progress", p.From)
	}
	switch p.Format {
	case stream.JSON:
		var all []stdjson.RawMessage
		if err := stdjson.Unmarshal([]byte("["+strings.TrimSuffix(b, ",")+"]"), &all); err != nil {
			t.Fatalf("page %q: got %v, want whole messages", b, err)
		}
		if p.Len() > size && len(all) > 1 {
			t.Fatalf("page of %d bytes: got %d messages, want one only when over %d", len(b), len(all), size)
		}
	case stream.Text:
		if !p.UpToDate && !utf8.ValidString(sofar) {
			t.Fatalf("page to %s: got it cut within a character", p.To)
		}
		fallthrough
	default:
		if p.Len() > size {
			t.Fatalf("page: got %d bytes, want at most %d", p.Len(), size)
		}
	}
}

// Text that is not UTF-8 is cut anywhere, but it is read to its end.
func TestPagesOfBrokenText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := stream.New(memstore.New(nil), &stream.Options{PageBytes: rapid.Int64Range(1, 9).Draw(t, "page")})
		defer e.Close()
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{"\x80", "\xff", "\xf0\x9f", "\xe2", "a", "😀"}), 0, 30).Draw(t, "parts")
		r := plain("s", text)
		r.Body = []byte(strings.Join(parts, ""))
		create(t, e, r)
		wantContents(t, e, "s", string(r.Body))
	})
}
