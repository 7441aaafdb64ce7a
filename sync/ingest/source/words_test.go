package source_test

import (
	"reflect"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/source"
)

func TestSplitWords(t *testing.T) {
	for line, want := range map[string][]string{
		`cat /run/secret`:         {"cat", "/run/secret"},
		"  a\t b\n":               {"a", "b"},
		`a 'b c' "d e"f`:          {"a", "b c", "d ef"},
		`a '$HOME' '\n' "\n\"\\"`: {"a", "$HOME", `\n`, `\n"\`},
		`a\ b ''`:                 {"a b", ""},
	} {
		got, err := source.SplitWords(line)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %q and %v, want %q", line, got, err, want)
		}
	}
	for _, line := range []string{"", "  ", "'open", `"open`, `a\`} {
		if got, err := source.SplitWords(line); err == nil {
			t.Errorf("%q: got %q, want an error", line, got)
		}
	}
}

func FuzzSplitWords(f *testing.F) {
	f.Add(`a 'b c' "d\"e"`)
	f.Fuzz(func(t *testing.T, line string) {
		words, err := source.SplitWords(line)
		if (err == nil) != (len(words) > 0) {
			t.Fatalf("%q: got %q with %v", line, words, err)
		}
		total := 0
		for _, word := range words {
			total += len(word)
		}
		if total > len(line) {
			t.Fatalf("%q: got %d bytes out of %d", line, total, len(line))
		}
	})
}
