package stream_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/stream"
)

const lastOffset = 9999999999999999

func TestOffsetRoundTrip(t *testing.T) {
	offsets := rapid.Int64Range(0, lastOffset)
	rapid.Check(t, func(t *rapid.T) {
		a, b := offsets.Draw(t, "a"), offsets.Draw(t, "b")
		textA, textB := stream.Offset(a).String(), stream.Offset(b).String()
		if got, err := stream.ParseOffset(textA); err != nil || int64(got) != a {
			t.Fatalf("%s read back: got %d, %v, want %d", textA, got, err, a)
		}
		if (a < b) != (textA < textB) {
			t.Fatalf("order of %s and %s: got %v, want that of %d and %d", textA, textB, textA < textB, a, b)
		}
	})
}

func TestParsePosition(t *testing.T) {
	for s, want := range map[string]stream.Position{
		"-1": 0, "now": stream.Tail,
		"0000000000000000_0000000000000000": 0,
		"0000000000000000_0000000000000042": 42,
		"0000000000000000_9999999999999999": lastOffset,
	} {
		if got, err := stream.ParsePosition(s); err != nil || got != want {
			t.Errorf("ParsePosition(%q): got %d, %v, want %d", s, got, err, want)
		}
	}
	for _, s := range []string{
		"", "0", "-2", "+1", "Now", "NOW", "now ", " now", "-1 ", "--1",
		"0000000000000000_000000000000000", "0000000000000000_00000000000000000",
		"0000000000000001_0000000000000000", "9999999999999999_9999999999999999",
		"0000000000000000-0000000000000000", "0000000000000000_000000000000000a",
		"0000000000000000_-000000000000001", "0000000000000000_+000000000000001",
		"0000000000000000_00000000000000,0", "0000000000000000_0000000000000000\n",
		"0000000000000000_00000000000000\x000", "\u0660000000000000000_0000000000000000",
	} {
		_, err := stream.ParsePosition(s)
		wantCode(t, "position "+s, err, stream.CodeInvalidOffset)
	}
}

func FuzzParsePosition(f *testing.F) {
	for _, s := range []string{"-1", "now", "0000000000000000_0000000000000042", "9999999999999999_9999999999999999", "0_0", ""} {
		f.Add(s)
	}
	grammar := regexp.MustCompile(`^(-1|now|0{16}_[0-9]{16})$`)
	f.Fuzz(func(t *testing.T, s string) {
		got, err := stream.ParsePosition(s)
		if want := grammar.MatchString(s) && !strings.HasSuffix(s, "\n"); (err == nil) != want {
			t.Fatalf("ParsePosition(%q): got %d, %v, want it accepted: %v", s, got, err, want)
		}
		if err == nil && got >= 0 && s != "-1" && stream.Offset(got).String() != s {
			t.Errorf("ParsePosition(%q): got %s", s, stream.Offset(got))
		}
	})
}

// TestReadPositions: an offset beyond the tail, or inside a message, is none of
// the stream's.
func TestReadPositions(t *testing.T) {
	e := newEngine(t, nil)
	forkSources(t, e)
	for _, test := range []struct {
		name string
		at   stream.Position
		want stream.Code
	}{
		{"text", 3, ""}, {"text", 11, ""}, {"text", 12, stream.CodeInvalidOffset}, {"text", stream.Tail, ""},
		{"text", lastOffset, stream.CodeInvalidOffset},
		{"fork", 11, ""}, {"fork", 12, stream.CodeInvalidOffset},
		{"json", 0, ""}, {"json", 1, stream.CodeInvalidOffset}, {"json", 2, ""}, {"json", 5, stream.CodeInvalidOffset},
		{"json", 8, ""}, {"json", 19, stream.CodeInvalidOffset}, {"json", 20, ""}, {"json", 21, stream.CodeInvalidOffset},
		{"json", 24, ""}, {"json", 25, stream.CodeInvalidOffset},
		{"missing", 0, stream.CodeNotFound}, {"missing", lastOffset, stream.CodeNotFound},
	} {
		for _, live := range []bool{false, true} {
			r, err := e.Read(test.name, test.at, live)
			wantCode(t, test.name+" at "+stream.Offset(max(test.at, 0)).String(), err, test.want)
			if err == nil {
				r.Close()
			}
		}
	}
}

func TestNextCursor(t *testing.T) {
	epoch := time.Unix(1728432000, 0)
	now := epoch.Add(1000*20*time.Second + 19999*time.Millisecond)
	if got := stream.CurrentCursor(now); got != 1000 {
		t.Errorf("current cursor: got %d, want 1000", got)
	}
	for _, echoed := range []string{"", "abc", "999", "-5", "1e3", "1001.5", " 1000", "99999999999999999999", "9223372036854775807"} {
		if got := stream.NextCursor(now, echoed); got != 1000 {
			t.Errorf("after %q: got %d, want the current 1000", echoed, got)
		}
	}
	least, most := stream.Cursor(1<<62), stream.Cursor(0)
	for range 20_000 {
		got := stream.NextCursor(now, "1000")
		least, most = min(least, got), max(most, got)
	}
	if least != 1001 || most != 1180 {
		t.Errorf("after 1000: got %d to %d, want 1001 to 1180", least, most)
	}
	if got := stream.NextCursor(now, "5000"); got < 5001 || got > 5180 {
		t.Errorf("after 5000: got %d, want 5001 to 5180", got)
	}
}
