package limits_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/weirstreams/weir/limits"
	"pgregory.net/rapid"
)

var names = limits.Names{MaxBytes: 32, MaxSegments: 4}

func TestParseName(t *testing.T) {
	tests := []struct{ path, want string }{
		{"a", "a"},
		{"a/b/c/d", "a/b/c/d"},
		{"orders-1_2.~", "orders-1_2.~"},
		{"%41", "A"},
		{"a%2Fb", "a%2Fb"},
		{"a%2fb", "a%2Fb"},
		{"100%25", "100%25"},
		{"%252F", "%252F"},
		{"a%20b+c", "a b+c"},
		{"a b", "a b"},
		{"caf%C3%A9", "caf\u00E9"},
		{"caf\u00E9", "caf\u00E9"},
		{"...", "..."},
		{"a..b", "a..b"},
		{"%2E%2E%2F", "..%2F"},
		{"a/__ds", "a/__ds"},
		{"__dsx", "__dsx"},
		{"__DS", "__DS"},
		{strings.Repeat("a", 32), strings.Repeat("a", 32)},
		{strings.Repeat("%61", 32), strings.Repeat("a", 32)},
	}
	for _, test := range tests {
		got, err := names.Parse(test.path)
		if err != nil || got != test.want {
			t.Errorf("Parse(%q): got %q, %v, want %q", test.path, got, err, test.want)
		}
	}
}

func TestParseNameRefuses(t *testing.T) {
	tests := []struct{ path, want string }{
		{"", limits.NameEmpty},
		{"/", limits.NameEmptySegment},
		{"/a", limits.NameEmptySegment},
		{"a/", limits.NameEmptySegment},
		{"a//b", limits.NameEmptySegment},
		{".", limits.NameDotSegment},
		{"..", limits.NameDotSegment},
		{"a/../b", limits.NameDotSegment},
		{"a/%2e%2E", limits.NameDotSegment},
		{"a/.%2e/b", limits.NameDotSegment},
		{"a/%2E", limits.NameDotSegment},
		{"a%00b", limits.NameControl},
		{"a\x00b", limits.NameControl},
		{"a%0D%0Ab", limits.NameControl},
		{"%1F", limits.NameControl},
		{"%7F", limits.NameControl},
		{"%C2%80", limits.NameControl},
		{"\u009F", limits.NameControl},
		{"%FF", limits.NameNotUTF8},
		{"a\xC3", limits.NameNotUTF8},
		{"%C0%AF", limits.NameNotUTF8},
		{"%ED%A0%80", limits.NameNotUTF8},
		{"%", limits.NameBadEscape},
		{"a%4", limits.NameBadEscape},
		{"%4/b", limits.NameBadEscape},
		{"%zz", limits.NameBadEscape},
		{"a%%25", limits.NameBadEscape},
		{"__ds", limits.NameReserved},
		{"__ds/subscriptions", limits.NameReserved},
		{"%5F%5fd%73/a", limits.NameReserved},
		{strings.Repeat("a", 33), limits.NameTooLong},
		{strings.Repeat("%61", 33), limits.NameTooLong},
		{strings.Repeat("%25", 11), limits.NameTooLong},
		{strings.Repeat("%", 1000), limits.NameTooLong},
		{"a/b/c/d/e", limits.NameTooManySegments},
	}
	for _, test := range tests {
		got, err := names.Parse(test.path)
		var refused *limits.NameError
		if !errors.As(err, &refused) || refused.Slug != test.want || got != "" {
			t.Errorf("Parse(%q): got %q, %v, want an error with slug %s", test.path, got, err, test.want)
			continue
		}
		checkDetail(t, refused.Detail)
	}
}

// checkDetail tests that a message is fit to be shown whatever the path was.
func checkDetail(t testing.TB, detail string) {
	t.Helper()
	for _, r := range detail {
		if r < ' ' || r > '~' {
			t.Errorf("detail %q has %U, want printable ASCII only", detail, r)
		}
	}
	if detail == "" {
		t.Error("got no detail, want one")
	}
}

func TestZeroNamesHaveNoLimit(t *testing.T) {
	path := strings.Repeat("a/", 5000) + "a"
	if got, err := (limits.Names{}).Parse(path); got != path || err != nil {
		t.Errorf("got %d bytes, %v, want all %d", len(got), err, len(path))
	}
}

func TestCanonicalNamesAreNotCopied(t *testing.T) {
	allocs := testing.AllocsPerRun(10, func() {
		name, err := names.Parse("tenant/orders/2024")
		if path := names.Path(name); err != nil || path != name {
			t.Errorf("got %q, %v, want the path as it was", path, err)
		}
	})
	if allocs != 0 {
		t.Errorf("got %v allocations, want 0", allocs)
	}
}

func TestPath(t *testing.T) {
	tests := []struct{ name, want string }{
		{"a/b", "a/b"},
		{"a%2Fb%25", "a%2Fb%25"},
		{"a b?#", "a%20b%3F%23"},
		{"caf\u00E9", "caf%C3%A9"},
	}
	for _, test := range tests {
		if got := names.Path(test.name); got != test.want {
			t.Errorf("Path(%q): got %q, want %q", test.name, got, test.want)
		}
	}
}

// TestSpellings writes one name in many ways and different names in similar
// ways: the first must meet, the second must not.
func TestSpellings(t *testing.T) {
	segment := rapid.StringOfN(rapid.SampledFrom([]rune("aA.%/2F5 \u00E9\U0001F600?#_")), 1, 6, -1).
		Filter(func(s string) bool { return s != "." && s != ".." && s != "__ds" })
	segments := rapid.SliceOfN(segment, 1, 4)
	all := limits.Names{}
	rapid.Check(t, func(t *rapid.T) {
		a, b := segments.Draw(t, "a"), segments.Draw(t, "b")
		first, err := all.Parse(spell(t, a))
		if err != nil {
			t.Fatalf("segments %q: %v", a, err)
		}
		again, err := all.Parse(spell(t, a))
		if err != nil || again != first {
			t.Fatalf("segments %q spelt anew: got %q, %v, want %q", a, again, err, first)
		}
		other, err := all.Parse(spell(t, b))
		if err != nil {
			t.Fatalf("segments %q: %v", b, err)
		}
		same := strings.Join(a, "\x00") == strings.Join(b, "\x00")
		if (first == other) != same {
			t.Fatalf("segments %q and %q: got names %q and %q", a, b, first, other)
		}
	})
}

// spell writes segments as a path, escaping what must be and some of what need
// not be.
func spell(t *rapid.T, segments []string) string {
	const upper, lower = "0123456789ABCDEF", "0123456789abcdef"
	var b strings.Builder
	for i, s := range segments {
		if i > 0 {
			b.WriteByte('/')
		}
		for _, c := range []byte(s) {
			digits := rapid.SampledFrom([]string{"", upper, lower}).Draw(t, "digits")
			if digits == "" && c != '%' && c != '/' {
				b.WriteByte(c)
				continue
			}
			if digits == "" {
				digits = upper
			}
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}

func FuzzNames(f *testing.F) {
	for _, s := range []string{
		"a/b", "%41", "a%2Fb", "a%2fb", "%25", "%252F", "..", "%2e/", "__ds/x", "%5F_ds", "%C2%85", "%FF", "%4", "caf%C3%A9", "a?b#c",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		name, err := names.Parse(path)
		if err != nil {
			var refused *limits.NameError
			if !errors.As(err, &refused) {
				t.Fatalf("Parse(%q): got error %T, want *NameError", path, err)
			}
			checkDetail(t, refused.Detail)
			return
		}
		if len(name) > names.MaxBytes || !utf8.ValidString(name) {
			t.Errorf("Parse(%q): got %q, which breaks the rules", path, name)
		}
		if again, err := names.Parse(names.Path(name)); err != nil || again != name {
			t.Errorf("Path(%q) is %q, parsed: got %q, %v, want the name", name, names.Path(name), again, err)
		}
	})
}
