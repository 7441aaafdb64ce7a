package sse_test

import (
	"encoding/json"
	"reflect"
	"regexp"
	"testing"

	"github.com/weirstreams/weir/sse"
)

func TestAppendEvent(t *testing.T) {
	tests := []struct {
		name     string
		encoding sse.Encoding
		pieces   []string
		want     string // the lines after the head
	}{
		{"text", sse.Text, []string{"hello"}, "data:hello\n"},
		{"no pieces", sse.Text, nil, "data:\n"},
		{"empty pieces", sse.Text, []string{"", ""}, "data:\n"},
		{"pieces of one line", sse.Text, []string{"hel", "", "lo"}, "data:hello\n"},
		{"LF", sse.Text, []string{"a\nb"}, "data:a\ndata:b\n"},
		{"CR", sse.Text, []string{"a\rb"}, "data:a\ndata:b\n"},
		{"CRLF", sse.Text, []string{"a\r\nb"}, "data:a\ndata:b\n"},
		{"CRLF cut in two", sse.Text, []string{"a\r", "\nb"}, "data:a\ndata:b\n"},
		{"CRLF cut in two by an empty piece", sse.Text, []string{"a\r", "", "\nb"}, "data:a\ndata:b\n"},
		{"CR, then CRLF", sse.Text, []string{"a\r\r\nb"}, "data:a\ndata:\ndata:b\n"},
		{"CRLF, then LF", sse.Text, []string{"a\r\n\nb"}, "data:a\ndata:\ndata:b\n"},
		{"break at the end", sse.Text, []string{"a\n"}, "data:a\ndata:\n"},
		{"only a break", sse.Text, []string{"\r\n"}, "data:\ndata:\n"},
		{"space first", sse.Text, []string{" a\n  b\n c"}, "data:  a\ndata:   b\ndata:  c\n"},
		{"space first in a piece, not in a line", sse.Text, []string{"a", " b"}, "data:a b\n"},
		{"tab first", sse.Text, []string{"\ta"}, "data:\ta\n"},
		{"forged event", sse.Text, []string{"x\n\nevent: control\ndata: {}\n\n"},
			"data:x\ndata:\ndata:event: control\ndata:data: {}\ndata:\ndata:\n"},
		{"character cut in two", sse.Text, []string{"\xE2\x82", "\xAC"}, "data:\u20AC\n"},
		{"character cut in four", sse.Text, []string{"\xF0", "\x9F", "\x98", "\x80"}, "data:\U0001F600\n"},
		{"not UTF-8", sse.Text, []string{"a\xFF\xFEb"}, "data:a\uFFFD\uFFFDb\n"},
		{"half a character within", sse.Text, []string{"\xF0\x9F\x98b"}, "data:\uFFFDb\n"},
		{"half a character, then another", sse.Text, []string{"\xE2\x82", "\xC3", "\xA9"}, "data:\uFFFD\u00E9\n"},
		{"half a character at the end", sse.Text, []string{"a\xE2\x82"}, "data:a\uFFFD\n"},

		{"no messages", sse.JSON, nil, "data:[]\n"},
		{"one message", sse.JSON, []string{`{"a":1},`}, `data:[{"a":1}]` + "\n"},
		{"messages in pieces", sse.JSON, []string{"1,", "2", ",", ""}, "data:[1,2]\n"},
		{"comma in a string", sse.JSON, []string{`"a,",`}, `data:["a,"]` + "\n"},
		{"break in a value", sse.JSON, []string{"{\r\n  \"a\":1\r}", ","}, "data:[{\ndata:   \"a\":1\ndata:}]\n"},

		{"no bytes", sse.Base64, nil, "data:\n"},
		{"padded", sse.Base64, []string{"f", "oo", "ba"}, "data:Zm9vYmE=\n"},
		{"not padded", sse.Base64, []string{"\xFB\xFF", "\xFE"}, "data:+//+\n"},
		{"bytes one by one", sse.Base64, []string{"f", "", "o", "o", "b"}, "data:Zm9vYg==\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := string(sse.AppendEvent([]byte("before"), test.encoding, "0_5", split(test.pieces)...))
			want := "beforeid: 0_5\nevent: data\n" + test.want + "\n"
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func split(pieces []string) [][]byte {
	var out [][]byte
	for _, p := range pieces {
		out = append(out, []byte(p))
	}
	return out
}

func TestAppendControl(t *testing.T) {
	tests := []struct {
		name    string
		control sse.Control
		want    string
	}{
		{"behind", sse.Control{Next: "0_5", Cursor: "7"},
			`{"streamNextOffset":"0_5","streamCursor":"7"}`},
		{"up to date", sse.Control{Next: "0_5", Cursor: "7", UpToDate: true},
			`{"streamNextOffset":"0_5","streamCursor":"7","upToDate":true}`},
		{"closed", sse.Control{Next: "0_5", Cursor: "7", UpToDate: true, Closed: true},
			`{"streamNextOffset":"0_5","upToDate":true,"streamClosed":true}`},
		{"closed implies up to date", sse.Control{Next: "0_5", Closed: true},
			`{"streamNextOffset":"0_5","upToDate":true,"streamClosed":true}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := string(sse.AppendControl([]byte("before"), test.control))
			want := "beforeid: 0_5\nevent: control\ndata:" + test.want + "\n\n"
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if !json.Valid([]byte(test.want)) {
				t.Errorf("%s is not JSON", test.want)
			}
		})
	}
}

// TestControlOnTheWire finds the control event of a batch as readers of the raw
// bytes do, past a payload that looks like one.
func TestControlOnTheWire(t *testing.T) {
	frames := sse.AppendEvent(nil, sse.Text, "0_9", []byte("event: control\ndata:{}\n\n"))
	frames = sse.AppendControl(frames, sse.Control{Next: "0_9", Cursor: "1", UpToDate: true})
	found := regexp.MustCompile(`event: control\s*\ndata:({[^}]+})`).FindAllSubmatch(frames, -1)
	if len(found) != 1 {
		t.Fatalf("got %d control events in %q, want 1", len(found), frames)
	}
	var got map[string]any
	if err := json.Unmarshal(found[0][1], &got); err != nil {
		t.Fatalf("control data %s: %v", found[0][1], err)
	}
	want := map[string]any{"streamNextOffset": "0_9", "streamCursor": "1", "upToDate": true}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAppendComment(t *testing.T) {
	frame := sse.AppendComment([]byte("before"))
	if got, want := string(frame), "before:\n\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if events := parse(t, sse.AppendComment(nil)); len(events) != 0 {
		t.Errorf("got events %v from a comment, want none", events)
	}
}
