package snapshot_test

import (
	"testing"

	"github.com/weirstreams/weir/sync/ingest/snapshot"
)

// same holds that a text is refused, or is what its meaning is written as.
func sameText(t *testing.T, text string, parse func(string) (string, error)) {
	t.Helper()
	again, err := parse(text)
	if err != nil {
		return
	}
	if twice, err := parse(again); err != nil || twice != again {
		t.Errorf("%q is read as %q, and that as %q, %v", text, again, twice, err)
	}
}

func FuzzTID(f *testing.F) {
	for _, text := range []string{"(0,1)", "(4294967295,65535)", "(4294967296,1)", "(1,65536)", "(,)", "(1,2", "1,2)", "(01,2)", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { sameText(t, text, snapshot.TIDText) })
}

func FuzzNote(f *testing.F) {
	for _, text := range []string{"", "c1 16390.3.17", "c1 16390.3.17 16412.3.0", "c1", "c2 1.1.1", "c1 1.1", "c1 -1.1.1", "c1  1.1.1", "c1 1.1.-2", "c1 1.1.-0"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { sameText(t, text, snapshot.NoteText) })
}

func FuzzSeen(f *testing.F) {
	f.Add("10:20:12,15", uint32(15))
	f.Add("10:20:", uint32(9))
	f.Add("10:20", uint32(9))
	f.Add("18446744073709551615:0:1", uint32(0))
	f.Fuzz(func(t *testing.T, text string, xid uint32) { _, _ = snapshot.Sees(text, xid) })
}

func TestBinaryTIDs(t *testing.T) {
	const want = "(16909060,1286)"
	if got, err := snapshot.TIDOf([]byte{1, 2, 3, 4, 5, 6}); err != nil || got != want {
		t.Errorf("six bytes: got %s, %v, want %s", got, err, want)
	}
	for _, n := range []int{0, 5, 7} {
		if got, err := snapshot.TIDOf(make([]byte, n)); err == nil {
			t.Errorf("%d bytes: got %s, want an error", n, got)
		}
	}
}

func TestTIDs(t *testing.T) {
	for text, want := range map[string]bool{
		"(0,1)": true, "(4294967295,65535)": true, "(4294967296,1)": false, "(1,65536)": false, "(,1)": false,
		"(1,)": false, "(1,2": false, "1,2)": false, "(1,2) ": false, "(-1,2)": false, "(99999999999999999999999,1)": false, "": false,
	} {
		got, err := snapshot.TIDText(text)
		if (err == nil) != want || want && got != text {
			t.Errorf("%q: got %q, %v, want it accepted: %v", text, got, err, want)
		}
	}
}

func TestNotes(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, "c1 16390.3.17": true, "c1 16390.3.17 16412.3.0": true,
		"c2 1.1.1": false, "c1 1.1": false, "c1 -1.1.1": false, "c1 4294967296.1.1": false, "c1 1.1.1 ": false, "x": false,
	} {
		got, err := snapshot.NoteText(text)
		if (err == nil) != want || want && got != text {
			t.Errorf("%q: got %q, %v, want it accepted: %v", text, got, err, want)
		}
	}
}

// TestSees goes around the end of the 32-bit numbers.
func TestSees(t *testing.T) {
	const around = "4294967290:4294967300:4294967290,4294967297"
	for xid, want := range map[uint32]bool{
		4294967289: true, 4294967290: false, 4294967291: true, 0: true, 1: false, 2: true, 3: true, 4: false, 5: false,
	} {
		if got, err := snapshot.Sees(around, xid); err != nil || got != want {
			t.Errorf("%s sees %d: got %v, %v, want %v", around, xid, got, err, want)
		}
	}
	for _, text := range []string{"", "1:2", "a:2:", "1:b:", "1:2:x", "1:2:,"} {
		if _, err := snapshot.Sees(text, 1); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}
