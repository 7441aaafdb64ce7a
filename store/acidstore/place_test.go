package acidstore_test

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"testing"

	"github.com/weirstreams/weir/store/acidstore"
)

// placeOf is shardOf as FORMAT.md says it, in other words.
func placeOf(name string, shards int) int {
	sum := fnv.New64a()
	sum.Write([]byte(name))
	h := sum.Sum64()
	return int((h>>32 ^ h&0xffffffff) % uint64(shards))
}

// TestPlaces: a stream's shard is part of the format. These are the examples of
// FORMAT.md and some more.
func TestPlaces(t *testing.T) {
	for name, want := range map[string][2]int{
		"":              {1, 193},
		"a":             {0, 192},
		"orders":        {14, 222},
		"users/42/cart": {13, 93},
		"naïve":         {13, 109},
		"\xff\x00":      {13, 237},
	} {
		if got := [2]int{acidstore.ShardOf(name, 16), acidstore.ShardOf(name, 256)}; got != want {
			t.Errorf("shards of %q: got %d of 16 and of 256, want %d", name, got, want)
		}
	}
}

func TestPlacesOfAnyName(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		name := make([]byte, rng.IntN(40))
		for i := range name {
			name[i] = byte(rng.Uint32())
		}
		for shards := 1; shards <= acidstore.MaxShards; shards *= 2 {
			if got, want := acidstore.ShardOf(string(name), shards), placeOf(string(name), shards); got != want {
				t.Fatalf("shard of %q: got %d of %d, want %d", name, got, shards, want)
			}
		}
	}
}

// TestPlacesAreSpread: names that differ in little are spread over all shards.
func TestPlacesAreSpread(t *testing.T) {
	const shards, names = 16, 10_000
	for form, name := range map[string]func(i int) string{
		"counted":       func(i int) string { return fmt.Sprint(i) },
		"padded":        func(i int) string { return fmt.Sprintf("stream-%08d", i) },
		"with a suffix": func(i int) string { return fmt.Sprintf("users/%d/cart", i) },
		"of two bytes":  func(i int) string { return string([]byte{byte(i >> 8), byte(i)}) },
	} {
		var count [shards]int
		for i := range names {
			count[acidstore.ShardOf(name(i), shards)]++
		}
		for shard, n := range count {
			if n*10 > names/shards*13 || n*13 < names/shards*10 {
				t.Errorf("names %s: shard %d has %d of %d, want about %d", form, shard, n, names, names/shards)
			}
		}
	}
}
