package config_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/cmd/weir/config"
)

func TestDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0},
		{"abc", "abd", 1}, {"abc", "ab", 1}, {"abc", "xabc", 1}, {"kitten", "sitting", 3}, {"PROT", "PORT", 2},
	}
	for _, test := range tests {
		if got := config.Distance(test.a, test.b); got != test.want {
			t.Errorf("distance of %q and %q: got %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

func TestDistanceAgreesWithItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[abc]{0,6}`)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		if got, want := config.Distance(a, b), defined(a, b); got != want {
			t.Errorf("distance of %q and %q: got %d, want %d", a, b, got, want)
		}
	})
}

// defined is the textbook recursion.
func defined(a, b string) int {
	if a == "" || b == "" {
		return len(a) + len(b)
	}
	replace := defined(a[1:], b[1:])
	if a[0] != b[0] {
		replace++
	}
	return min(replace, defined(a[1:], b)+1, defined(a, b[1:])+1)
}
