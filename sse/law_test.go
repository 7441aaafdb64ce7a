package sse_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/weirstreams/weir/sse"
	"pgregory.net/rapid"
)

var encodings = []sse.Encoding{sse.Text, sse.JSON, sse.Base64}

// hostile fragments are what a payload is made of when it means harm, or is
// merely unlucky.
var hostile = []string{
	"\r", "\n", "\r\n", "\n\n", " ", ",", ":", "\x00", "a", "line",
	"event: control\n", "data:", "id: 9_9", "retry:1\r", "[", "]", "\"",
	"\uFEFF", "\u00E9", "\u20AC", "\U0001F600", "\u2028",
	"\xFF", "\x80", "\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xED\xA0\x80", "\xC0\x80",
}

func payloads() *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		parts := rapid.SliceOfN(rapid.SampledFrom(hostile), 0, 24).Draw(t, "parts")
		var p []byte
		for _, part := range parts {
			p = append(p, part...)
		}
		return p
	})
}

// cut parts p at the given places.
func cut(t *rapid.T, p []byte) [][]byte {
	var pieces [][]byte
	for range rapid.IntRange(0, 6).Draw(t, "cuts") {
		n := rapid.IntRange(0, len(p)).Draw(t, "piece")
		pieces, p = append(pieces, p[:n]), p[n:]
	}
	return append(pieces, p)
}

func TestPayloadSurvives(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		payload := payloads().Draw(rt, "payload")
		for _, e := range encodings {
			checkPayload(t, e, payload, cut(rt, payload))
		}
		if t.Failed() {
			rt.FailNow()
		}
	})
}

func FuzzAppendEvent(f *testing.F) {
	for i, s := range hostile {
		f.Add([]byte(s+hostile[len(hostile)-1-i]), uint(i), uint(1))
	}
	f.Fuzz(func(t *testing.T, payload []byte, a, b uint) {
		first := int(a % uint(len(payload)+1))
		second := first + int(b%uint(len(payload)-first+1))
		pieces := [][]byte{payload[:first], payload[first:second], payload[second:]}
		for _, e := range encodings {
			checkPayload(t, e, payload, pieces)
		}
	})
}

// checkPayload encodes a payload given in pieces and tests everything that
// holds for any payload at all.
func checkPayload(t testing.TB, e sse.Encoding, payload []byte, pieces [][]byte) {
	t.Helper()
	before := bytes.Join(pieces, []byte("|"))
	frame := sse.AppendEvent(nil, e, "0_5", pieces...)
	if after := bytes.Join(pieces, []byte("|")); !bytes.Equal(before, after) {
		t.Errorf("encoding %d changed its payload from %q to %q", e, before, after)
	}
	if whole := sse.AppendEvent(nil, e, "0_5", payload); !bytes.Equal(frame, whole) {
		t.Errorf("encoding %d of pieces %q: got %q, want %q as for the whole", e, pieces, frame, whole)
	}
	if bytes.ContainsRune(frame, '\r') {
		t.Errorf("encoding %d of %q: frame %q has a CR", e, payload, frame)
	}
	if e == sse.JSON {
		frame = bytes.ToValidUTF8(frame, []byte("?")) // such payloads are refused before they get here
	}
	events := parse(t, frame)
	if len(events) != 1 {
		t.Fatalf("encoding %d of %q: got %d events in %q, want 1", e, payload, len(events), frame)
	}
	if got, want := events[0], (event{"data", wantData(e, payload), "0_5"}); got != want {
		t.Errorf("encoding %d of %q: got %q, want %q", e, payload, got, want)
	}
}

// wantData is what a reader must get for a payload.
func wantData(e sse.Encoding, payload []byte) string {
	switch e {
	case sse.JSON:
		array := "[" + string(bytes.TrimSuffix(payload, []byte(","))) + "]"
		return newlines(string(bytes.ToValidUTF8([]byte(array), []byte("?"))))
	case sse.Base64:
		return base64.StdEncoding.EncodeToString(payload)
	default:
		return newlines(decodeUTF8(payload))
	}
}

func TestJSONStaysJSON(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		values := rapid.SliceOf(rapid.SampledFrom([]string{
			"1.0", "null", `"a,\n]"`, "{\r\n \"k\" :\r[ 1,\n2]}", "[\r]", `""`,
		})).Draw(rt, "values")
		var stored []byte
		for _, v := range values {
			stored = append(append(stored, v...), ',')
		}
		frame := sse.AppendEvent(nil, sse.JSON, "0_5", cut(rt, stored)...)
		var got []json.RawMessage
		if err := json.Unmarshal([]byte(parse(t, frame)[0].data), &got); err != nil {
			rt.Fatalf("data of %q: %v", frame, err)
		}
		if len(got) != len(values) {
			rt.Fatalf("got %d values in %q, want %d", len(got), frame, len(values))
		}
		for i, v := range got {
			if want := newlines(values[i]); string(v) != want {
				rt.Errorf("value %d: got %q, want %q", i, v, want)
			}
		}
	})
}
