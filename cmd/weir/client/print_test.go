package client_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/cmd/weir/client"
)

// TestPagesAsJSON holds that --json loses no byte, of whatever content type, and
// names offsets to go on from.
func TestPagesAsJSON(t *testing.T) {
	base := newServer(t)
	rapid.Check(t, func(t *rapid.T) {
		contentType := rapid.SampledFrom([]string{"text/plain", "Text/HTML; charset=utf-8", "image/png"}).Draw(t, "type")
		body := rapid.OneOf(
			rapid.Map(rapid.SliceOfN(rapid.Byte(), 1, 3000), func(b []byte) string { return string(b) }),
			rapid.StringN(1, 1000, 3000),
		).Draw(t, "body")
		good(t, base, body, "create", "s", "--content-type", contentType, "-")
		var got strings.Builder
		var offset string
		for line := range strings.Lines(good(t, base, "", "read", "s", "--json")) {
			data, next := decodePage(t, line)
			got.WriteString(data)
			offset = next
		}
		if got.String() != body {
			t.Fatalf("read --json: got %q, want %q", got.String(), body)
		}
		if rest := good(t, base, "", "read", "s", "--offset", offset); rest != "" {
			t.Fatalf("read from the last offset: got %q, want nothing", rest)
		}
		good(t, base, "", "delete", "s")
	})
}

func decodePage(t *rapid.T, line string) (data, offset string) {
	var page struct{ Offset, Encoding, Data string }
	if err := json.Unmarshal([]byte(line), &page); err != nil {
		t.Fatalf("got the line %q, want an object: %v", line, err)
	}
	if page.Encoding == "" {
		return page.Data, page.Offset
	}
	decoded, err := base64.StdEncoding.DecodeString(page.Data)
	if err != nil || page.Encoding != "base64" {
		t.Fatalf("got the line %q, want base64: %v", line, err)
	}
	return string(decoded), page.Offset
}

// shown is progress that remembers.
type shown struct {
	at    []int64 // done and total
	ended bool
}

func (s *shown) At(done, total int64) { s.at = append(s.at, done, total) }
func (s *shown) End()                 { s.ended = true }

func TestProgress(t *testing.T) {
	base := newServer(t)
	good(t, base, "", "create", "s")
	run := func(screen bool, stdin, name string, args ...string) *shown {
		p := &shown{}
		env := client.Env{
			Stdin: strings.NewReader(stdin), Stdout: &bytes.Buffer{}, Stderr: &bytes.Buffer{}, Screen: screen,
			Streams:  func() (string, error) { return base, nil },
			Progress: func(string) client.Progress { return p },
		}
		if status := client.Run(context.Background(), name, args, env); status != client.OK {
			t.Errorf("weir %s %q: got status %d, want 0", name, args, status)
		}
		return p
	}
	text := strings.Repeat("x", 1500)
	check := func(what string, p *shown, last ...int64) {
		t.Helper()
		if n := len(p.at); n < 2 || !p.ended || p.at[n-2] != last[0] || p.at[n-1] != last[1] {
			t.Errorf("%s: got %+v, want %d at last, and an end", what, p, last)
		}
	}
	check("append", run(true, text, "append", "--chunk", "1000B", "s"), 1500, -1)
	check("read", run(false, "", "read", "s"), 1500, -1)
	if p := run(true, "", "read", "s"); len(p.at) > 0 {
		t.Errorf("read on a terminal: got %+v, want nothing drawn over it", p)
	}
}
