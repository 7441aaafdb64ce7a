package jsontext_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/weirstreams/weir/stream/jsontext"
)

// array makes a body of n messages of about size bytes each.
func array(n, size int) []byte {
	var b bytes.Buffer
	b.WriteByte('[')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		head := fmt.Sprintf(`{"id":%d,"type":"order","open":true,"tags":["a","b"],"note":"`, 100000+i)
		b.WriteString(head)
		b.WriteString(strings.Repeat("x", size-len(head)-2))
		b.WriteString(`"}`)
	}
	b.WriteByte(']')
	return b.Bytes()
}

func BenchmarkSplit(b *testing.B) {
	body := array(100, 256)
	dst := make([]byte, 0, len(body)+1)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := jsontext.Split(dst, body); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkValid is the share of Split that encoding/json takes.
func BenchmarkValid(b *testing.B) {
	body := array(100, 256)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if !json.Valid(body) {
			b.Fatal("got invalid JSON")
		}
	}
}

func BenchmarkCut(b *testing.B) {
	shapes := []struct{ name, stored string }{
		{"objects", string(array(100, 256)[1:])},
		{"numbers", strings.Repeat("1234567,", 3200)},
		{"escapes", `"` + strings.Repeat(`\"`, 12_800) + `",`},
		{"nested", strings.Repeat("[", 12_800) + strings.Repeat("]", 12_800) + ","},
	}
	for _, shape := range shapes {
		b.Run(shape.name, func(b *testing.B) {
			p := []byte(shape.stored)
			b.SetBytes(int64(len(p)))
			b.ReportAllocs()
			for b.Loop() {
				jsontext.Cut(p, len(p))
			}
		})
	}
}
