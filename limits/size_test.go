package limits_test

import (
	"math"
	"strings"
	"testing"

	"github.com/weirstreams/weir/limits"
	"pgregory.net/rapid"
)

func TestParseSize(t *testing.T) {
	tests := []struct {
		text string
		want int64
	}{
		{"0", 0},
		{"1048576", 1 << 20},
		{"007", 7},
		{"12B", 12},
		{"1KB", 1000},
		{"1KiB", 1024},
		{"100MB", 100_000_000},
		{"64MiB", 64 << 20},
		{"64mib", 64 << 20},
		{"2GB", 2_000_000_000},
		{"2GiB", 2 << 30},
		{"3TB", 3_000_000_000_000},
		{"3TiB", 3 << 40},
		{"9223372036854775807", math.MaxInt64},
		{"8388607TiB", 8388607 << 40},
	}
	for _, test := range tests {
		if got, err := limits.ParseSize(test.text); err != nil || got != test.want {
			t.Errorf("ParseSize(%q): got %d, %v, want %d", test.text, got, err, test.want)
		}
	}
}

func TestParseSizeRefuses(t *testing.T) {
	for _, text := range []string{
		"", "MB", "-1", "+1", "1.5MB", "1 MB", " 1", "1 ", "1K", "1M", "1PB", "1MBB", "0x10", "1e6", "1_000", "\u0661", "1MB\x00",
		"9223372036854775808", "8388608TiB", "9223372036854776KB", "99999999999999999999B",
	} {
		got, err := limits.ParseSize(text)
		if err == nil {
			t.Errorf("ParseSize(%q): got %d, want an error", text, got)
			continue
		}
		if strings.ContainsRune(err.Error(), 0) {
			t.Errorf("ParseSize(%q): got a control character in the error %q", text, err)
		}
	}
}

func TestFormatSize(t *testing.T) {
	tests := []struct {
		size int64
		want string
	}{
		{0, "0B"},
		{1, "1B"},
		{1025, "1025B"},
		{1000, "1KB"},
		{64 << 20, "64MiB"},
		{100_000_000, "100MB"},
		{1 << 50, "1024TiB"},
		{-1 << 20, "-1MiB"},
	}
	for _, test := range tests {
		if got := limits.FormatSize(test.size); got != test.want {
			t.Errorf("FormatSize(%d): got %q, want %q", test.size, got, test.want)
		}
	}
}

func TestSizeAsText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 1<<22).Draw(t, "n")
		size := limits.Size(n << rapid.IntRange(0, 40).Draw(t, "shift"))
		text, err := size.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var got limits.Size
		if err := got.UnmarshalText(text); err != nil || got != size {
			t.Fatalf("%s: got %d, %v, want %d", text, got, err, size)
		}
	})
}

func TestSizeUnchangedByBadText(t *testing.T) {
	size := limits.Size(5)
	if err := size.UnmarshalText([]byte("6 apples")); err == nil || size != 5 {
		t.Errorf("got %d, %v, want 5 and an error", size, err)
	}
}

func FuzzParseSize(f *testing.F) {
	for _, s := range []string{"0", "64MiB", "100mb", "1.5GB", "-1", "9223372036854775808", "8388608TiB", "B"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := limits.ParseSize(text)
		if err != nil {
			return
		}
		if n < 0 {
			t.Fatalf("ParseSize(%q): got %d, want none below zero", text, n)
		}
		if again, err := limits.ParseSize(limits.FormatSize(n)); err != nil || again != n {
			t.Errorf("%d as %q: got %d, %v, want it back", n, limits.FormatSize(n), again, err)
		}
	})
}
