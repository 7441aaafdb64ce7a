package lsn_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/sync/ingest/lsn"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]lsn.LSN{
		"0/0":               0,
		"0/16B3748":         0x16B3748,
		"16/B374D848":       0x16B374D848,
		"16/b374d848":       0x16B374D848,
		"00000001/00000002": 0x1_0000_0002,
		"FFFFFFFF/FFFFFFFF": math.MaxUint64,
	} {
		got, err := lsn.Parse(text)
		if err != nil || got != want {
			t.Errorf("Parse(%q): got %#x, %v, want %#x", text, uint64(got), err, uint64(want))
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"", "/", "0", "0/", "/0", "0/0/0", "+1/0", "0/-1", "0x1/0", "1_0/0", " 0/0", "0/0 ", "g/0",
		"000000001/0", "0/000000001",
	} {
		got, err := lsn.Parse(text)
		if !errors.Is(err, lsn.ErrSyntax) {
			t.Errorf("Parse(%q): got %v, %v, want %v", text, got, err, lsn.ErrSyntax)
		}
	}
}

func TestString(t *testing.T) {
	for l, want := range map[lsn.LSN]string{
		0:              "0/0",
		0x16B374D848:   "16/B374D848",
		0xA_0000_000B:  "A/B",
		math.MaxUint64: "FFFFFFFF/FFFFFFFF",
	} {
		if got := l.String(); got != want {
			t.Errorf("String of %#x: got %q, want %q", uint64(l), got, want)
		}
	}
}

func TestTextsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := genLSN().Draw(t, "lsn")
		got, err := lsn.Parse(want.String())
		if err != nil || got != want {
			t.Fatalf("through String: got %v, %v, want %v", got, err, want)
		}
		var decoded struct{ At lsn.LSN }
		text, err := json.Marshal(struct{ At lsn.LSN }{want})
		if err != nil {
			t.Fatalf("marshal %v: %v", want, err)
		}
		if err := json.Unmarshal(text, &decoded); err != nil || decoded.At != want {
			t.Fatalf("through JSON %s: got %v, %v, want %v", text, decoded.At, err, want)
		}
	})
}

func TestUnmarshalTextKeepsTheOldValueOnError(t *testing.T) {
	l := lsn.LSN(7)
	if err := l.UnmarshalText([]byte("seven")); !errors.Is(err, lsn.ErrSyntax) || l != 7 {
		t.Errorf("got %v, %v, want 0/7 and %v", l, err, lsn.ErrSyntax)
	}
}

func TestHex16SortsAsTheNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := genLSN().Draw(t, "a"), genLSN().Draw(t, "b")
		textA, textB := string(a.AppendHex16(nil)), string(b.AppendHex16(nil))
		if len(textA) != 16 {
			t.Fatalf("length of %q: got %d, want 16", textA, len(textA))
		}
		if got, want := cmp.Compare(textA, textB), cmp.Compare(a, b); got != want {
			t.Fatalf("%q to %q: got %d, want %d", textA, textB, got, want)
		}
	})
}

// genLSN draws near the ends of each half as often as in between.
func genLSN() *rapid.Generator[lsn.LSN] {
	half := rapid.OneOf(rapid.Uint32(), rapid.SampledFrom([]uint32{0, 1, math.MaxUint32}))
	return rapid.Custom(func(t *rapid.T) lsn.LSN {
		return lsn.LSN(half.Draw(t, "high"))<<32 | lsn.LSN(half.Draw(t, "low"))
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"0/0", "16/B374D848", "ffffffff/0", "1/+2", "//", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := lsn.Parse(text)
		if err != nil {
			return
		}
		again, err := lsn.Parse(parsed.String())
		if err != nil || again != parsed {
			t.Errorf("Parse(%q) then String: got %v, %v, want %v", text, again, err, parsed)
		}
	})
}
