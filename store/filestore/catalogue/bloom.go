package catalogue

import "math/bits"

// A filter is an array of bits, bit i being bit i%8 of byte i/8, and nothing
// else. A key with hash h sets bloomProbes bits: for n = 0, 1, ... the bit
//
//	(h + n*step) * bits / 2^64,  step = (h rotated left by 32) | 1
//
// where the sum wraps at 2^64, the product is taken in 128 bits, and the
// division rounds down. Ten bits a key with seven probes let about one absent
// key in a hundred pass.
const (
	bloomBitsPerKey = 10
	bloomProbes     = 7
)

// bloom says of a key that it is absent, or that it may be there.
type bloom []byte

func newBloom(keys uint64) bloom { return make(bloom, keys*bloomBitsPerKey/8+1) }

func (b bloom) add(hash uint64) {
	size, step := uint64(len(b))*8, bits.RotateLeft64(hash, 32)|1
	for range bloomProbes {
		bit, _ := bits.Mul64(hash, size)
		b[bit/8] |= 1 << (bit % 8)
		hash += step
	}
}

func (b bloom) has(hash uint64) bool {
	size, step := uint64(len(b))*8, bits.RotateLeft64(hash, 32)|1
	for range bloomProbes {
		bit, _ := bits.Mul64(hash, size)
		if b[bit/8]&(1<<(bit%8)) == 0 {
			return false
		}
		hash += step
	}
	return true
}

// hashKey is part of the format: FNV-1a of 64 bits, then the finaliser of
// MurmurHash3, which spreads FNV's weak high bits.
func hashKey(key []byte) uint64 {
	h := uint64(0xcbf29ce484222325)
	for _, c := range key {
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
