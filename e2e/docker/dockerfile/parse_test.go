package dockerfile_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/weirstreams/weir/e2e/docker/dockerfile"
)

const sample = `# syntax=docker/dockerfile:1
FROM golang:1.26 AS build
run --mount=type=cache,target=/x --network=none \
    a && \
# a comment within

    b
FROM scratch
CMD ["/weir", "serve"]
ENV A=1 B="two words" C=
`

func TestParse(t *testing.T) {
	got, err := dockerfile.Parse(sample)
	if err != nil {
		t.Fatal(err)
	}
	want := []dockerfile.Instruction{
		{Name: "FROM", Args: "golang:1.26 AS build", Line: 2},
		{Name: "RUN", Flags: []string{"--mount=type=cache,target=/x", "--network=none"}, Args: "a &&     b", Line: 3},
		{Name: "FROM", Args: "scratch", Line: 8},
		{Name: "CMD", Args: `["/weir", "serve"]`, Line: 9},
		{Name: "ENV", Args: `A=1 B="two words" C=`, Line: 10},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if words, ok := got[3].Exec(); !ok || strings.Join(words, "|") != "/weir|serve" {
		t.Errorf("exec form of CMD: got %q, %v, want /weir and serve", words, ok)
	}
	if value, ok := got[1].Flag("network"); !ok || value != "none" {
		t.Errorf("flag network: got %q, %v, want none", value, ok)
	}
	pairs, err := got[4].Pairs()
	if want := []dockerfile.Pair{{"A", "1"}, {"B", "two words"}, {"C", ""}}; err != nil || !reflect.DeepEqual(pairs, want) {
		t.Errorf("pairs: got %v, %v, want %v", pairs, err, want)
	}
}

// TestParseRefuses: what cannot be read is an error, not half a list.
func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"FROM", "FROM a\nRUN b \\", "FROM a\nRUN <<EOF\nb\nEOF", "FR0M a", "FROM --platform=x", strings.Repeat("#", 2<<20),
	} {
		if got, err := dockerfile.Parse(text); err == nil {
			t.Errorf("Parse(%.40q): got %+v, want an error", text, got)
		}
	}
	for _, text := range []string{"", "ARG A=1", "RUN a\nFROM b", "FROM a AS", "FROM a b c d"} {
		all, err := dockerfile.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := dockerfile.Stages(all); err == nil {
			t.Errorf("Stages(%q): got %+v, want an error", text, got)
		}
	}
	for _, args := range []string{"A", "A B", `A="b`, "=b", `A="b"c`} {
		if got, err := (dockerfile.Instruction{Args: args}).Pairs(); err == nil {
			t.Errorf("Pairs(%q): got %v, want an error", args, got)
		}
	}
}

// FuzzParse: whatever is parsed, written out and parsed again is the same; and rules
// can be asked about it.
func FuzzParse(f *testing.F) {
	f.Add(sample)
	f.Add("FROM a\nCMD x\nENV A=b\nHEALTHCHECK CMD\nUSER :\nRUN apt-get install | x")
	f.Add("FROM \\\n\\\na")
	f.Fuzz(func(t *testing.T, text string) {
		first, err := dockerfile.Parse(text)
		if err != nil {
			return
		}
		var b strings.Builder
		for _, i := range first {
			b.WriteString(strings.Join(append(append([]string{i.Name}, i.Flags...), i.Args), " ") + "\n")
		}
		again, err := dockerfile.Parse(b.String())
		if err != nil || plain(first) != plain(again) {
			t.Errorf("parsed again: got %s, %v, want %s", plain(again), err, plain(first))
		}
		for _, i := range first {
			_, _ = i.Pairs()
		}
		_, _ = dockerfile.Lint(text)
	})
}

// plain is all but the lines.
func plain(all []dockerfile.Instruction) string {
	var b strings.Builder
	for _, i := range all {
		fmt.Fprintf(&b, "%q %q %q\n", i.Name, i.Flags, i.Args)
	}
	return b.String()
}
