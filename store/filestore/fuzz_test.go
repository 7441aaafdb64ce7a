package filestore_test

import (
	"bytes"
	"testing"

	"github.com/weirstreams/weir/store/filestore"
)

// fuzzRecode asks a decoder for an error or a value, never a panic, and of a value
// that writing and reading it again gives the same.
func fuzzRecode(f *testing.F, kind string) {
	for _, b := range filestore.Samples[kind] {
		f.Add(b)
	}
	recode := filestore.Recode[kind]
	f.Fuzz(func(t *testing.T, b []byte) {
		once, err := recode(b)
		if err != nil {
			return
		}
		twice, err := recode(once)
		if err != nil {
			t.Fatalf("decode %x, which was encoded from %x: %v", once, b, err)
		}
		if !bytes.Equal(once, twice) {
			t.Errorf("encode %x again: got %x, want %x", b, twice, once)
		}
	})
}

func FuzzEntry(f *testing.F)  { fuzzRecode(f, "entry") }
func FuzzExtent(f *testing.F) { fuzzRecode(f, "extent") }
func FuzzRoot(f *testing.F)   { fuzzRecode(f, "root") }
func FuzzRecord(f *testing.F) { fuzzRecode(f, "record") }

// TestSamples: what is written is read back as it was.
func TestSamples(t *testing.T) {
	for kind, samples := range filestore.Samples {
		for i, b := range samples {
			if got, err := filestore.Recode[kind](b); err != nil || !bytes.Equal(got, b) {
				t.Errorf("%s %d: got %x and error %v, want %x", kind, i, got, err, b)
			}
			for cut := range b {
				if got, err := filestore.Recode[kind](b[:cut]); err == nil && bytes.Equal(got, b) {
					t.Errorf("%s %d: its first %d bytes were read as all of it", kind, i, cut)
				}
			}
		}
	}
}

// FuzzExtentBounds asks a decoded extent for the append at each of its positions:
// each holds the position, and they follow each other.
func FuzzExtentBounds(f *testing.F) {
	for _, b := range filestore.Samples["extent"] {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		first, bounds, err := filestore.AppendBounds(b)
		if err != nil {
			return
		}
		for i, x := range bounds {
			pos := first + int64(i)
			if pos < x[0] || pos >= x[1] || x[1] > filestore.ExtentEnd {
				t.Fatalf("append at %d: got %d to %d", pos, x[0], x[1])
			}
			if i > 0 && x != bounds[i-1] && x[0] != bounds[i-1][1] {
				t.Fatalf("append at %d: got %d to %d behind %v", pos, x[0], x[1], bounds[i-1])
			}
		}
	})
}
