package client_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/weirstreams/weir/cmd/weir/client"
	"github.com/weirstreams/weir/sse"
)

// delivered reads a connection and writes down what is delivered.
func delivered(r io.Reader, base64 bool) string {
	var b strings.Builder
	closed, err := client.ReadEvents(r, base64, func(data [][]byte, next string) {
		fmt.Fprintf(&b, "%q to %q; ", data, next)
	})
	fmt.Fprintf(&b, "closed %t, error %v", closed, err)
	return b.String()
}

var connections = []struct {
	name, text string
	base64     bool
	want       string
}{
	{"nothing", "", false, `closed false, error <nil>`},
	{"a pair", "event: data\ndata:a\n\nevent: control\ndata:{\"streamNextOffset\":\"1\"}\n\n", false, `["a"] to "1"; closed false, error <nil>`},
	{"other data before the control event", "event: data\ndata:a\n\nevent: data\ndata:b\n\nevent: control\ndata:{\"streamNextOffset\":\"2\"}\n\n", false, `["a" "b"] to "2"; closed false, error <nil>`},
	{"cut before it", "event: data\ndata:a\n\nevent: control\ndata:{\"streamNextOffset\":\"1\"}\n", false, `closed false, error <nil>`},
	{"the end", "event: control\ndata:{\"streamNextOffset\":\"1\",\"streamClosed\":true}\n\nevent: data\ndata:a\n\n", false, `[] to "1"; closed true, error <nil>`},
	{"others", ":\n\nevent: hello\ndata:a\n\ndata:b\n\nevent: control\ndata:{\"streamNextOffset\":\"1\"}\n\n", false, `[] to "1"; closed false, error <nil>`},
	{"binary", "event: data\ndata:AP8=\n\nevent: control\ndata:{\"streamNextOffset\":\"1\"}\n\n", true, `["\x00\xff"] to "1"; closed false, error <nil>`},
	{"binary in lines", "event: data\ndata:AP\ndata:8=\n\nevent: control\ndata:{\"streamNextOffset\":\"1\"}\n\n", true, `["\x00\xff"] to "1"; closed false, error <nil>`},
	{"no base64", "event: data\ndata:A*\n\n", true, `closed false, error the server sent an event that is not the base64 that it promised`},
	{"no offset", "event: control\ndata:{}\n\n", false, `closed false, error the server sent a control event without an offset`},
	{"no object", "event: control\ndata:x\n\n", false, `closed false, error the server sent a control event without an offset`},
}

func TestEvents(t *testing.T) {
	for _, tt := range connections {
		if got := delivered(strings.NewReader(tt.text), tt.base64); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
	broken := io.MultiReader(strings.NewReader("event: data\ndata:a\n\n"), iotest.ErrReader(io.ErrUnexpectedEOF))
	if got, want := delivered(broken, false), "closed false, error unexpected EOF"; got != want {
		t.Errorf("broken: got %s, want %s", got, want)
	}
}

// FuzzEvents holds that it makes no difference in which pieces a connection
// arrives.
func FuzzEvents(f *testing.F) {
	for _, tt := range connections {
		f.Add([]byte(tt.text), tt.base64)
	}
	f.Fuzz(func(t *testing.T, text []byte, base64 bool) {
		whole := delivered(bytes.NewReader(text), base64)
		if got := delivered(iotest.OneByteReader(bytes.NewReader(text)), base64); got != whole {
			t.Errorf("byte by byte: got %s, want %s as in one", got, whole)
		}
	})
}

// FuzzPayload holds that what the server encodes arrives.
func FuzzPayload(f *testing.F) {
	f.Add([]byte("a\nb"), true)
	f.Add([]byte(" a\x00\xff\n\n"), true)
	f.Add([]byte("event: control\ndata:{}\n\n"), false)
	f.Fuzz(func(t *testing.T, payload []byte, binary bool) {
		encoding := sse.Text
		if binary {
			encoding = sse.Base64
		} else if !bytes.Equal(payload, bytes.ToValidUTF8(payload, nil)) || bytes.ContainsRune(payload, '\r') {
			return // which text cannot carry
		}
		wire := sse.AppendEvent(nil, encoding, "1", payload)
		wire = sse.AppendControl(wire, sse.Control{Next: "1", Cursor: "2"})
		got := delivered(bytes.NewReader(wire), binary)
		if want := fmt.Sprintf("%q to \"1\"; closed false, error <nil>", [][]byte{payload}); got != want {
			t.Errorf("got %s, want %s; the wire had %s", got, want, base64.StdEncoding.EncodeToString(wire))
		}
	})
}
