package wire_test

import (
	"testing"

	"github.com/weirstreams/weir/e2e/internal/wire"
)

func TestPosition(t *testing.T) {
	for offset, want := range map[string]int64{
		"0000000000000000_0000000000000000": 0,
		"0000000000000000_0000000000000094": 94,
		"0000000000000000_9999999999999999": 9999999999999999,
	} {
		if got, err := wire.Position(offset); err != nil || got != want {
			t.Errorf("Position(%q): got %d, error %v, want %d", offset, got, err, want)
		}
	}
	for _, offset := range []string{
		"", "-1", "now", "94", "0000000000000001_0000000000000094",
		"0000000000000000_000000000000009", "0000000000000000_000000000000009x", "0000000000000000_-000000000000009",
		"0000000000000000_+000000000000009",
	} {
		if got, err := wire.Position(offset); err == nil {
			t.Errorf("Position(%q): got %d, want an error", offset, got)
		}
	}
}

func FuzzPosition(f *testing.F) {
	f.Add("0000000000000000_0000000000000094")
	f.Add("0000000000000000_99999999999999999999")
	f.Fuzz(func(t *testing.T, offset string) {
		if got, err := wire.Position(offset); err == nil && got < 0 {
			t.Errorf("Position(%q): got %d, want no negative number", offset, got)
		}
	})
}
