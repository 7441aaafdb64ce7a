package acidstore_test

import (
	"bytes"
	"testing"

	"github.com/weirstreams/weir/store/acidstore"
)

// TestSealFindsEveryBit flips each bit of a value of each kind, and cuts it short
// at each place.
func TestSealFindsEveryBit(t *testing.T) {
	for kind, s := range acidstore.SealedSamples {
		bucket, key, value := s[0], s[1], s[2]
		if _, err := acidstore.Unseal(bucket, key, value); err != nil {
			t.Fatalf("%s as it was written: %v", kind, err)
		}
		for bit := range 8 * len(value) {
			b := bytes.Clone(value)
			b[bit/8] ^= 1 << (bit % 8)
			if _, err := acidstore.Unseal(bucket, key, b); err == nil {
				t.Errorf("%s with bit %d flipped is taken for good", kind, bit)
			}
		}
		for cut := range value {
			if _, err := acidstore.Unseal(bucket, key, value[:cut]); err == nil {
				t.Errorf("the first %d bytes of %s are taken for all of it", cut, kind)
			}
		}
	}
}

// TestSealTellsPlaces: a good value in another place is not good there.
func TestSealTellsPlaces(t *testing.T) {
	for kind, s := range acidstore.SealedSamples {
		for _, bucket := range acidstore.Buckets {
			if _, err := acidstore.Unseal(bucket, s[1], s[2]); err == nil && !bytes.Equal(bucket, s[0]) {
				t.Errorf("%s of bucket %s is taken for good in %s", kind, s[0], bucket)
			}
		}
		for bit := range 8 * len(s[1]) {
			key := bytes.Clone(s[1])
			key[bit/8] ^= 1 << (bit % 8)
			if _, err := acidstore.Unseal(s[0], key, s[2]); err == nil {
				t.Errorf("%s of key %x is taken for good under %x", kind, s[1], key)
			}
		}
	}
}
