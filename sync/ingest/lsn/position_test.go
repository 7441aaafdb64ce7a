package lsn_test

import (
	"cmp"
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/sync/ingest/lsn"
)

func TestPositionText(t *testing.T) {
	for want, p := range map[string]lsn.Position{
		"0000000000000000-0000000000000000-00000000": {},
		"00000016b374d848-00000016b374d000-0000000a": {Commit: 0x16B374D848, Change: 0x16B374D000, Sub: 10},
		"ffffffffffffffff-ffffffffffffffff-ffffffff": {
			Commit: math.MaxUint64, Change: math.MaxUint64, Sub: math.MaxUint32,
		},
	} {
		if got := p.String(); got != want {
			t.Errorf("text of %#v: got %q, want %q", p, got, want)
		}
		if len(want) != lsn.PositionSize {
			t.Errorf("PositionSize: got %d, want %d", lsn.PositionSize, len(want))
		}
	}
}

func TestParsePositionRefuses(t *testing.T) {
	const good = "00000016b374d848-00000016b374d000-0000000a"
	for name, text := range map[string]string{
		"empty":          "",
		"short":          good[1:],
		"long":           good + "0",
		"upper case":     strings.ToUpper(good),
		"first dash":     strings.Replace(good, "-", "0", 1),
		"second dash":    good[:33] + "0" + good[34:],
		"no digit":       "g" + good[1:],
		"sign":           "+" + good[1:],
		"digit in sub":   good[:41] + "z",
		"digit in lsn 2": good[:17] + " " + good[18:],
	} {
		if got, err := lsn.ParsePosition(text); !errors.Is(err, lsn.ErrSyntax) {
			t.Errorf("%s: ParsePosition(%q): got %v, %v, want %v", name, text, got, err, lsn.ErrSyntax)
		}
	}
}

func TestPositionComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := genPosition().Draw(t, "position")
		got, err := lsn.ParsePosition(want.String())
		if err != nil || got != want {
			t.Fatalf("got %v, %v, want %v", got, err, want)
		}
	})
}

func TestPositionTextSortsAsCompare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := genPosition().Draw(t, "a"), genPosition().Draw(t, "b")
		if got, want := a.Compare(b), cmp.Compare(a.String(), b.String()); got != want {
			t.Fatalf("%v to %v: got %d, want %d", a, b, got, want)
		}
		if got, want := a.Compare(b), -b.Compare(a); got != want {
			t.Fatalf("%v to %v: got %d, want %d, the other way round", a, b, got, want)
		}
		if got, want := a.Compare(b) == 0, a == b; got != want {
			t.Fatalf("%v to %v: got equal %v, want %v", a, b, got, want)
		}
	})
}

func TestPositionAppendAllocatesNothing(t *testing.T) {
	p := lsn.Position{Commit: 1, Change: 2, Sub: 3}
	buffer := make([]byte, 0, lsn.PositionSize)
	got := testing.AllocsPerRun(100, func() { buffer = p.Append(buffer[:0]) })
	if got != 0 {
		t.Errorf("got %v allocations, want none", got)
	}
}

// genPosition draws each part from few values, so that two positions often
// share their first parts and the later ones decide.
func genPosition() *rapid.Generator[lsn.Position] {
	part := rapid.OneOf(rapid.SampledFrom([]lsn.LSN{0, 1, math.MaxUint64}), genLSN())
	sub := rapid.OneOf(rapid.SampledFrom([]uint32{0, 1, math.MaxUint32}), rapid.Uint32())
	return rapid.Custom(func(t *rapid.T) lsn.Position {
		return lsn.Position{
			Commit: part.Draw(t, "commit"),
			Change: part.Draw(t, "change"),
			Sub:    sub.Draw(t, "sub"),
		}
	})
}

func FuzzParsePosition(f *testing.F) {
	f.Add("0000000000000000-0000000000000000-00000000")
	f.Add("00000016b374d848-00000016b374d000-0000000a")
	f.Add("00000016B374D848-00000016b374d000-0000000a")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := lsn.ParsePosition(text)
		if err != nil {
			return
		}
		if got := p.String(); got != text {
			t.Errorf("the text is not unique: got %q, want %q", got, text)
		}
	})
}
