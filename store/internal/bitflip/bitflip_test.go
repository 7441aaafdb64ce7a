package bitflip_test

import (
	"bytes"
	"hash/crc32"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/store/internal/bitflip"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// TestEveryBitIsFound turns over every bit of some bytes and of their checksum.
func TestEveryBitIsFound(t *testing.T) {
	p := []byte("the bytes as they were written, and a byte more\x00")
	stored := crc32.Checksum(p, castagnoli)
	for bit := range len(p) * 8 {
		bitflip.Flip(p, bit)
		if got, ok := bitflip.Find(len(p), crc32.Checksum(p, castagnoli), stored); !ok || got != bit {
			t.Errorf("bit %d: got %d, %v, want it found", bit, got, ok)
		}
		bitflip.Flip(p, bit)
	}
	for bit := range 32 {
		got, ok := bitflip.Find(len(p), crc32.Checksum(p, castagnoli), stored^1<<bit)
		if !ok || got != bitflip.Sum {
			t.Errorf("bit %d of the checksum: got %d, %v, want %d", bit, got, ok, bitflip.Sum)
		}
	}
	if bit, ok := bitflip.Find(len(p), stored, stored); ok {
		t.Errorf("nothing wrong: got bit %d, want none", bit)
	}
}

// TestFind turns over one bit of any bytes under any start of the checksum.
func TestFind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Byte(), 1, 4096).Draw(t, "bytes")
		seed := rapid.Uint32().Draw(t, "seed")
		bit := rapid.IntRange(0, len(p)*8-1).Draw(t, "bit")
		stored := crc32.Update(seed, castagnoli, p)
		bitflip.Flip(p, bit)
		if got, ok := bitflip.Find(len(p), crc32.Update(seed, castagnoli, p), stored); !ok || got != bit {
			t.Fatalf("got %d, %v, want %d", got, ok, bit)
		}
	})
}

// TestTwoBitsAreNotOne turns over two different bits. Two never pass for one: an
// odd number of wrong bits in bytes and checksum always shows.
func TestTwoBitsAreNotOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Byte(), 1, 4096).Draw(t, "bytes")
		place := rapid.IntRange(0, len(p)*8-1)
		a, b := place.Draw(t, "one"), place.Draw(t, "other")
		if a == b {
			return
		}
		stored := crc32.Checksum(p, castagnoli)
		bitflip.Flip(p, a)
		bitflip.Flip(p, b)
		if bit, ok := bitflip.Find(len(p), crc32.Checksum(p, castagnoli), stored); ok {
			t.Fatalf("bits %d and %d: got bit %d, want none", a, b, bit)
		}
	})
}

func TestFlip(t *testing.T) {
	p := []byte{0, 0}
	bitflip.Flip(p, 9)
	bitflip.Flip(p, bitflip.Sum)
	if want := []byte{0, 2}; !bytes.Equal(p, want) {
		t.Errorf("got % x, want % x", p, want)
	}
}
