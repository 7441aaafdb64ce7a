package rowkey_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/rowkey"
)

// TestAddressIsNoPosition: the key of a copied row has the form of a position, sorts
// as the rows lie, and before every change.
func TestAddressIsNoPosition(t *testing.T) {
	got := string(rowkey.AppendAddress(nil, 16397, 7, 3))
	if want := "0000000000000000-0000400d00000007-00000003"; got != want {
		t.Errorf("row (7,3) of 16397: got %s, want %s", got, want)
	}
	keys := []string{
		string(rowkey.AppendAddress(nil, 1, 0, 1)), string(rowkey.AppendAddress(nil, 1, 0, 2)), string(rowkey.AppendAddress(nil, 1, 1, 1)),
		string(rowkey.AppendAddress(nil, 1, 1<<32-1, 1<<16-1)), string(rowkey.AppendAddress(nil, 2, 0, 1)),
		string(rowkey.AppendAddress(nil, 1<<32-1, 1<<32-1, 1<<16-1)), lsn.Position{Commit: 1}.String(),
	}
	if !slices.IsSorted(keys) || len(slices.Compact(slices.Clone(keys))) != len(keys) {
		t.Errorf("got %q, want them to rise", keys)
	}
	if _, err := lsn.ParsePosition(got); err != nil {
		t.Errorf("got %v, want a position", err)
	}
}

type column struct{ Name, Value string }

func hash(h *rowkey.Hasher, columns []column) string {
	for _, c := range columns {
		h.Add(c.Name, []byte(c.Value))
	}
	return string(h.Append(nil))
}

// TestHash: the format, and that a Hasher forgets.
func TestHash(t *testing.T) {
	var h rowkey.Hasher
	for range 2 {
		// printf '\0\0\0\1a\0\0\0\2xy' | sha256sum
		if got, want := hash(&h, []column{{"a", "xy"}}), "0c565c4d53b2731891555136bc53f9b2"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		// printf '' | sha256sum
		if got, want := hash(&h, nil), "e3b0c44298fc1c149afbf4c8996fb924"; got != want {
			t.Errorf("a row of nothing but NULL: got %s, want %s", got, want)
		}
	}
	if got, want := string(rowkey.AppendNumber(h.Append(nil), 12)), "e3b0c44298fc1c149afbf4c8996fb924-12"; got != want {
		t.Errorf("numbered: got %s, want %s", got, want)
	}
}

// TestHashesDiffer: whatever separates columns in one row does not in another.
func TestHashesDiffer(t *testing.T) {
	columns := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) column {
		text := rapid.StringOfN(rapid.SampledFrom([]rune{'a', 0, 1}), 0, 5, -1)
		return column{text.Draw(t, "name"), text.Draw(t, "value")}
	}), 0, 3)
	rapid.Check(t, func(t *rapid.T) {
		a, b := columns.Draw(t, "a"), columns.Draw(t, "b")
		var h rowkey.Hasher
		if got := hash(&h, a) == hash(&h, b); got != slices.Equal(a, b) {
			t.Fatalf("equal hashes: got %t, want %t", got, !got)
		}
	})
}

// TestCount: it finds any number, with few questions, and hands on errors.
func TestCount(t *testing.T) {
	for n := range 300 {
		asked := 0
		got, err := rowkey.Count(func(k int) (bool, error) {
			asked++
			return k <= n, nil
		})
		if err != nil || got != n {
			t.Fatalf("got %d, %v, want %d", got, err, n)
		}
		if n < 2 && asked > n+1 || asked > 20 {
			t.Errorf("%d rows: got %d questions, want fewer", n, asked)
		}
	}
	failed := errors.New("failed")
	for at := range 5 {
		_, err := rowkey.Count(func(k int) (bool, error) {
			if at--; at < 0 {
				return false, failed
			}
			return k <= 5, nil
		})
		if !errors.Is(err, failed) {
			t.Errorf("got error %v, want %v", err, failed)
		}
	}
}
