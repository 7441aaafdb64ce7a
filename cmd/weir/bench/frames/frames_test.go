package frames_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weirstreams/weir/cmd/weir/bench/frames"
)

// read feeds the input to a parser, step bytes at a time, and writes down the
// events.
func read(input []byte, step int) (found string, err error) {
	var p frames.Parser
	var out strings.Builder
	for len(input) > 0 {
		in := input[:min(step, len(input))]
		input = input[len(in):]
		for {
			event, rest, ok, err := p.Next(in)
			if err != nil {
				return out.String(), err
			}
			if !ok {
				break
			}
			fmt.Fprintf(&out, "%s=%q ", event.Type, event.Data)
			in = rest
		}
	}
	return out.String(), nil
}

var streams = []struct{ name, input, want string }{
	{"nothing", "", ""},
	{"data and control", "id: 5\nevent: data\ndata:a\n\nid: 5\nevent: control\ndata:{}\n\n", `data="a" control="{}" `},
	{"several lines", "event: data\ndata:a\ndata: b\ndata:c\n\n", `data="a\nb\nc" `},
	{"one blank is no data", "data:  a\n\n", `=" a" `},
	{"comment", ":\n\n:\n\ndata:a\n\n", `="a" `},
	{"comment within", "event: x\n:hello\ndata:a\n\n", `x="a" `},
	{"empty data", "event: data\ndata:\n\n", `data="" `},
	{"without data", "event: data\n\ndata:a\n\n", `="a" `},
	{"blank lines", "\n\n\ndata:a\n\n\n\ndata:b\n\n", `="a" ="b" `},
	{"not complete", "data:a\n\ndata:b\n", `="a" `},
	{"unknown field", "retry: 10\ndata:a\n\n", `="a" `},
}

func TestParser(t *testing.T) {
	for _, tt := range streams {
		for _, step := range []int{1, 2, 5, len(tt.input) + 1} {
			got, err := read([]byte(tt.input), step)
			if got != tt.want || err != nil {
				t.Errorf("%s, %d bytes at a time: got %q, error %v, want %q", tt.name, step, got, err, tt.want)
			}
		}
	}
}

func TestParserIsBounded(t *testing.T) {
	var p frames.Parser
	piece := make([]byte, frames.MaxEvent/4)
	for range frames.MaxEvent / len(piece) {
		if _, _, _, err := p.Next(piece); err != nil {
			t.Fatalf("got error %v before the bound", err)
		}
	}
	if _, _, _, err := p.Next(piece); err == nil {
		t.Errorf("got an event over %d bytes, want an error", frames.MaxEvent)
	}
}

// FuzzParser holds that it makes no difference in which pieces bytes arrive.
func FuzzParser(f *testing.F) {
	for _, tt := range streams {
		f.Add([]byte(tt.input), uint8(1))
	}
	f.Fuzz(func(t *testing.T, input []byte, step uint8) {
		whole, err := read(input, len(input)+1)
		if err != nil {
			t.Fatal(err)
		}
		pieces, err := read(input, int(step)+1)
		if err != nil || whole != pieces {
			t.Errorf("in pieces of %d: got %q, error %v, want %q as in one", int(step)+1, pieces, err, whole)
		}
	})
}

func TestParserAllocatesNothing(t *testing.T) {
	input := []byte("id: 5\nevent: data\ndata:abc\n\nid: 5\nevent: control\ndata:{}\n\n")
	var p frames.Parser
	allocs := testing.AllocsPerRun(100, func() {
		in := input
		for ok := true; ok; {
			_, in, ok, _ = p.Next(in)
		}
	})
	if allocs != 0 {
		t.Errorf("got %v allocations for two events, want none", allocs)
	}
}
