package acidstore_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
)

// TestSamples: what is written is read back as it was, and no part of it passes
// for all of it.
func TestSamples(t *testing.T) {
	for kind, samples := range acidstore.Samples {
		for i, b := range samples {
			if got, err := acidstore.Recode[kind](b); err != nil || !bytes.Equal(got, b) {
				t.Errorf("%s %d: got %x and error %v, want %x", kind, i, got, err, b)
			}
			for cut := range b {
				if got, err := acidstore.Recode[kind](b[:cut]); err == nil && bytes.Equal(got, b) {
					t.Errorf("%s %d: its first %d bytes were read as all of it", kind, i, cut)
				}
			}
		}
	}
}

// TestChunkLaw: a chunk gives back the appends that were put into it.
func TestChunkLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bytes := rapid.OneOf(rapid.StringN(1, 20, -1), rapid.StringN(130, 200, -1))
		var want []acidstore.Append
		for _, b := range rapid.SliceOfN(bytes, 1, 9).Draw(t, "appends") {
			want = append(want, acidstore.Append{Bytes: b, Ended: true})
		}
		want[len(want)-1].Ended = rapid.Bool().Draw(t, "ended")
		continues := rapid.Bool().Draw(t, "continues")
		gotContinues, got, err := acidstore.Chunk(continues, want)
		if err != nil || gotContinues != continues || !slices.Equal(got, want) {
			t.Fatalf("chunk: got %v, %v and error %v, want %v and %v", gotContinues, got, err, continues, want)
		}
	})
}

var (
	someWord   = rapid.OneOf(rapid.Just(""), rapid.StringN(0, 12, -1), rapid.StringN(130, 200, -1))
	someNumber = rapid.OneOf(rapid.Int64Range(-2, 300), rapid.Int64())
	someChange = rapid.Custom(func(t *rapid.T) store.Change {
		c := store.Change{Bytes: []byte(someWord.Draw(t, "bytes")), Close: rapid.Bool().Draw(t, "close"), Seq: someWord.Draw(t, "seq"),
			Expires: someNumber.Draw(t, "expires"), SoftDelete: rapid.Bool().Draw(t, "soft delete"), Mark: someWord.Draw(t, "mark")}
		if c.Mark != "" {
			c.MarkValue = someWord.Draw(t, "mark value")
		}
		if rapid.Bool().Draw(t, "by a producer") {
			c.Producer = &store.ProducerAppend{ID: someWord.Draw(t, "id"), Epoch: someNumber.Draw(t, "epoch"), Seq: someNumber.Draw(t, "seq")}
		}
		return c
	})
)

// TestStateLaw: of a stream's state all but producers and references is read as it
// was written; these two are kept elsewhere.
func TestStateLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := store.NewMeta(rapid.Uint64().Draw(t, "id"), someWord.Draw(t, "name"), store.Config{
			ContentType: someWord.Draw(t, "type"), TTL: someNumber.Draw(t, "ttl"), ExpiresAt: someWord.Draw(t, "at"), Asked: rapid.Byte().Draw(t, "asked"),
			Fork: &store.Fork{Source: someWord.Draw(t, "source"), ID: rapid.Uint64().Draw(t, "source id"), At: someNumber.Draw(t, "fork at")},
		})
		for _, c := range rapid.SliceOfN(someChange, 0, 4).Draw(t, "changes") {
			want.Apply(&c)
		}
		written := want
		written.Refs = 3
		want.Producers = nil
		if got, err := acidstore.State(written); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("state: got %+v and error %v, want %+v", got, err, want)
		}
	})
}

// TestEntryLaw: a journal gives back the changes that were noted, in their order.
func TestEntryLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(someChange, 1, 9).Draw(t, "changes")
		big := rapid.IntRange(0, len(want)-1).Draw(t, "big")
		// Lengths of one byte, of two, of three and of four.
		size := rapid.SampledFrom([]int{0, 100, 128, 16 << 10, 16<<10 + 1, 1<<21 + 1}).Draw(t, "size")
		want[big].Bytes = bytes.Repeat([]byte("x"), size)
		got, err := acidstore.Entries(want)
		if err != nil || len(got) != len(want) {
			t.Fatalf("entries: got %d and error %v, want %d", len(got), err, len(want))
		}
		for i := range want {
			if !bytes.Equal(got[i].Bytes, want[i].Bytes) {
				t.Fatalf("bytes of entry %d: got %d of them, want %d", i, len(got[i].Bytes), len(want[i].Bytes))
			}
			got[i].Bytes = want[i].Bytes // empty or nil is the same
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Fatalf("entry %d: got %+v, want %+v", i, got[i], want[i])
			}
		}
	})
}

// TestLengthsAreChecked: a length or a count beyond the input is refused before
// anything is made of it.
func TestLengthsAreChecked(t *testing.T) {
	huge := binary.AppendUvarint(nil, math.MaxUint64)
	half := binary.AppendUvarint(nil, math.MaxInt64)
	for name, c := range map[string]struct {
		kind string
		b    []byte
	}{
		"chunk of appends without end":  {"chunk", append([]byte{0}, huge...)},
		"chunk with more appends":       {"chunk", append([]byte{0, 5}, 1, 1, 1, 'a', 'b')},
		"chunk with a huge append":      {"chunk", append(append([]byte{0, 1}, huge...), "bytes"...)},
		"chunk with appends that wrap":  {"chunk", slices.Concat([]byte{0, 3}, half, half, []byte{2}, []byte("bytes"))},
		"chunk with a longer append":    {"chunk", []byte{0, 1, 6, 'b', 'y', 't', 'e', 's'}},
		"chunk with an append of none":  {"chunk", []byte{0, 1, 0, 'b'}},
		"chunk without bytes":           {"chunk", []byte{0, 0}},
		"chunk with unknown flags":      {"chunk", []byte{2, 1, 1, 'b'}},
		"chunk of nothing":              {"chunk", nil},
		"state with a huge name":        {"state", append(huge, "name"...)},
		"state with a longer name":      {"state", []byte{5, 'n', 'a', 'm', 'e'}},
		"state of nothing":              {"state", nil},
		"producer with half a sequence": {"producer", append([]byte{2}, 0x80)},
		"producer with more":            {"producer", []byte{2, 2, 2}},
		"number of seven bytes":         {"number", make([]byte, 7)},
		"number of nine bytes":          {"number", make([]byte, 9)},
		"shard of nothing":              {"shard", nil},
		"shard with more":               {"shard", append(slices.Clone(acidstore.Samples["shard"][0]), 0)},
		"shard of another version":      {"shard", append([]byte{2}, acidstore.Samples["shard"][0][1:]...)},
		"entry with a huge length":      {"entry", append(huge, 1, 2, 3)},
		"entry that is longer":          {"entry", []byte{4, 1, 2, 3}},
		"entry without end":             {"entry", []byte{1, 0x80}},
		"entry without tail":            {"entry", []byte{2, 1, 0x80}},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, err := acidstore.Recode[c.kind](c.b)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: got %x, want an error", name, got)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%s: took %d bytes of memory to refuse %d", name, n, len(c.b))
		}
	}
}

var generationNames = map[string]bool{
	"generation-000001-shards-16":                   true,
	"generation-000001-shards-1":                    true,
	"generation-999999-shards-256":                  true,
	"generation-1000000-shards-4":                   true,
	"generation-18446744073709551615-shards-4":      true,
	"generation-18446744073709551616-shards-4":      false,
	"generation-1-shards-16":                        false,
	"generation-0000001-shards-16":                  false,
	"generation-000001-shards-3":                    false,
	"generation-000001-shards-0":                    false,
	"generation-000001-shards-512":                  false,
	"generation-000001-shards-016":                  false,
	"generation-000001-shards-+16":                  false,
	"generation-00001x-shards-16":                   false,
	"generation-000001-shards-16.bak":               false,
	"generation-000001-shards-":                     false,
	"generation-000001":                             false,
	"generation--shards-16":                         false,
	"generation--00001-shards-16":                   false,
	"a/generation-000001-shards-16":                 false,
	"generation-000001-shards-16/../../generation-": false,
	"building": false,
	"":         false,
}

func TestGenerationNames(t *testing.T) {
	for name, want := range generationNames {
		again, _, _, ok := acidstore.GenerationOf(name)
		if ok != want || ok && again != name {
			t.Errorf("%q: got %v and %q, want %v", name, ok, again, want)
		}
	}
	if _, number, shards, _ := acidstore.GenerationOf("generation-000012-shards-64"); number != 12 || shards != 64 {
		t.Errorf("generation 12 of 64 shards: got %d of %d", number, shards)
	}
}
