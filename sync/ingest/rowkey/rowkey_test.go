package rowkey_test

import (
	"bytes"
	"errors"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/sync/ingest/rowkey"
)

func TestAppend(t *testing.T) {
	cases := []struct {
		components []string
		want       string
	}{
		{[]string{"42"}, "42"},
		{[]string{"a/b,c%2F\n"}, "a/b,c%2F\n"},
		{[]string{"a", "b"}, "a,b"},
		{[]string{"a,", "b"}, "a%2C,b"},
		{[]string{"", ""}, ","},
		{[]string{"50%", "", "x/y"}, "50%25,,x%2Fy"},
		{[]string{"\x01\x1f\x7f\t ~", "ü👍"}, "%01%1F%7F%09 ~,ü👍"},
		{[]string{"%2C", "."}, "%252C,."},
	}
	for _, c := range cases {
		got, err := rowkey.Append([]byte("before:"), components(c.components)...)
		if err != nil || string(got) != "before:"+c.want {
			t.Errorf("%q: got %q, %v, want %q behind what was there", c.components, got, err, c.want)
		}
	}
}

func TestAppendRefuses(t *testing.T) {
	long := bytes.Repeat([]byte("a"), rowkey.MaxBytes)
	cases := []struct {
		name       string
		components [][]byte
		want       error
	}{
		{"no columns", nil, rowkey.ErrEmpty},
		{"one empty column", [][]byte{{}}, rowkey.ErrEmpty},
		{"one null", [][]byte{nil}, rowkey.ErrNull},
		{"a null among others", [][]byte{[]byte("a"), nil}, rowkey.ErrNull},
		{"one too long", [][]byte{append(long, 'a')}, rowkey.ErrTooLong},
		{"too long by the comma", [][]byte{long, {}}, rowkey.ErrTooLong},
		{"too long by encoding", [][]byte{bytes.Repeat([]byte("/"), rowkey.MaxBytes/3), []byte("ab")}, rowkey.ErrTooLong},
	}
	for _, c := range cases {
		got, err := rowkey.Append([]byte("before"), c.components...)
		if !errors.Is(err, c.want) || string(got) != "before" {
			t.Errorf("%s: got %d bytes, %v, want %v and nothing more", c.name, len(got), err, c.want)
		}
	}
	if got, err := rowkey.Append(nil, long); err != nil || len(got) != rowkey.MaxBytes {
		t.Errorf("a key of MaxBytes: got %d bytes, %v", len(got), err)
	}
	third := bytes.Repeat([]byte("/"), rowkey.MaxBytes/3)
	if got, err := rowkey.Append(nil, third, []byte{}); err != nil || len(got) != rowkey.MaxBytes {
		t.Errorf("a joined key of MaxBytes: got %d bytes, %v", len(got), err)
	}
}

// nasty draws components that are likely to collide under a careless encoding.
var nasty = rapid.StringOfN(rapid.SampledFrom([]rune("a%,/2CF5\n\x7fü")), 0, 4, -1)

// TestLawInjective: equal keys come from equal components only.
func TestLawInjective(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 3).Draw(t, "columns")
		a := rapid.SliceOfN(nasty, n, n).Draw(t, "a")
		b := rapid.SliceOfN(nasty, n, n).Draw(t, "b")
		keyA, errA := rowkey.Append(nil, components(a)...)
		keyB, errB := rowkey.Append(nil, components(b)...)
		if errA != nil || errB != nil {
			t.Fatalf("%q, %q: %v, %v", a, b, errA, errB)
		}
		same := strings.Join(a, "\x00") == strings.Join(b, "\x00")
		if bytes.Equal(keyA, keyB) != same {
			t.Fatalf("%q and %q have the keys %q and %q", a, b, keyA, keyB)
		}
	})
}

// TestLawReadable: the components can be had back from a joined key, and the
// key needs no care in a path or a line.
func TestLawReadable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.OneOf(nasty, rapid.String()), 2, 5).Draw(t, "components")
		key, err := rowkey.Append(nil, components(want)...)
		if err != nil {
			t.Fatalf("%q: %v", want, err)
		}
		if i := bytes.IndexFunc(key, func(r rune) bool { return r < ' ' || r == 0x7f || r == '/' }); i >= 0 {
			t.Fatalf("%q became %q", want, key)
		}
		got := strings.Split(string(key), ",")
		for i := range got {
			if got[i], err = url.PathUnescape(got[i]); err != nil {
				t.Fatalf("%q became %q: %v", want, key, err)
			}
		}
		if strings.Join(got, "\x00") != strings.Join(want, "\x00") || len(got) != len(want) {
			t.Fatalf("%q became %q, read as %q", want, key, got)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	cases := []struct {
		name       string
		components []string
	}{
		{"single", []string{"1234567890"}},
		{"two columns", []string{"1234567890", "eu/west"}},
	}
	for _, c := range cases {
		b.Run(c.name, func(b *testing.B) {
			parts, dst := components(c.components), []byte(nil)
			b.ReportAllocs()
			for b.Loop() {
				dst, _ = rowkey.Append(dst[:0], parts...)
			}
		})
	}
}

func components(texts []string) [][]byte {
	all := make([][]byte, 0, len(texts))
	for _, text := range texts {
		all = append(all, append([]byte{}, text...))
	}
	return all
}
