package sse_test

import (
	"bytes"
	"testing"

	"github.com/weirstreams/weir/sse"
)

// samples are payloads of about 4 KiB, in pieces as ranges of a stream come.
var samples = []struct {
	name     string
	encoding sse.Encoding
	pieces   [][]byte
}{
	{"text lines", sse.Text, half(bytes.Repeat([]byte("a line of forty bytes, more or less....\n"), 100))},
	{"text broken", sse.Text, half(bytes.Repeat([]byte("caf\u00E9 \xFF\r\n"), 400))},
	{"json", sse.JSON, half(bytes.Repeat([]byte(`{"type":"row","key":"42","value":{"n":1}},`), 100))},
	{"base64", sse.Base64, half(bytes.Repeat([]byte{0, 1, 2, 3, 255}, 800))},
}

func half(p []byte) [][]byte {
	return [][]byte{p[:len(p)/2], p[len(p)/2:]}
}

func TestEncodingDoesNotAllocate(t *testing.T) {
	dst := make([]byte, 0, 1<<16)
	for _, s := range samples {
		got := testing.AllocsPerRun(10, func() {
			out := sse.AppendEvent(dst, s.encoding, "0_5", s.pieces...)
			out = sse.AppendControl(out, sse.Control{Next: "0_5", Cursor: "1", UpToDate: true})
			sse.AppendComment(out)
		})
		if got != 0 {
			t.Errorf("%s: got %v allocations, want 0", s.name, got)
		}
	}
}

func BenchmarkAppendEvent(b *testing.B) {
	for _, s := range samples {
		b.Run(s.name, func(b *testing.B) {
			dst := make([]byte, 0, 1<<16)
			b.SetBytes(int64(len(s.pieces[0]) + len(s.pieces[1])))
			b.ReportAllocs()
			for b.Loop() {
				sse.AppendEvent(dst, s.encoding, "0_5", s.pieces...)
			}
		})
	}
}

// BenchmarkOnlyBreaks is the worst a sender can do: every byte becomes a line.
func BenchmarkOnlyBreaks(b *testing.B) {
	payload := bytes.Repeat([]byte{'\r'}, 1<<16)
	dst := make([]byte, 0, 1<<20)
	b.SetBytes(int64(len(payload)))
	b.ReportAllocs()
	for b.Loop() {
		sse.AppendEvent(dst, sse.Text, "0_5", payload)
	}
}
