package acidstore_test

import (
	"bytes"
	"testing"

	"github.com/weirstreams/weir/store/acidstore"
)

// fuzzRecode asks a decoder for an error or a value, never a panic, and of a value
// that writing and reading it again gives the same.
func fuzzRecode(f *testing.F, kind string) {
	for _, b := range acidstore.Samples[kind] {
		f.Add(b)
	}
	recode := acidstore.Recode[kind]
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

func FuzzChunk(f *testing.F)       { fuzzRecode(f, "chunk") }
func FuzzState(f *testing.F)       { fuzzRecode(f, "state") }
func FuzzProducer(f *testing.F)    { fuzzRecode(f, "producer") }
func FuzzNumber(f *testing.F)      { fuzzRecode(f, "number") }
func FuzzShardRecord(f *testing.F) { fuzzRecode(f, "shard") }
func FuzzEntry(f *testing.F)       { fuzzRecode(f, "entry") }

// FuzzUnseal asks for a payload only where the checksum is the one of bucket, key
// and payload.
func FuzzUnseal(f *testing.F) {
	for _, s := range acidstore.SealedSamples {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, bucket, key, value []byte) {
		payload, err := acidstore.Unseal(bucket, key, value)
		if err != nil {
			return
		}
		if again := acidstore.Sealed(bucket, key, payload); !bytes.Equal(again, value) {
			t.Errorf("value %x passes for the payload %x, which is sealed as %x", value, payload, again)
		}
	})
}

// FuzzGeneration asks for a generation only where its name is the one that is
// written for it.
func FuzzGeneration(f *testing.F) {
	for name := range generationNames {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if again, _, _, ok := acidstore.GenerationOf(name); ok && again != name {
			t.Errorf("folder %q passes for generation %q", name, again)
		}
	})
}
