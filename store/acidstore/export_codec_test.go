package acidstore

import (
	"bytes"

	"github.com/weirstreams/weir/store"
)

// Recode decodes and encodes again what the tier keeps, by kind. What is sealed
// goes in and comes out without its checksum.
var Recode = map[string]func([]byte) ([]byte, error){
	"chunk": func(b []byte) ([]byte, error) {
		key := chunkKey(7, 300)
		c, err := decodeChunk(key, sealed(streamsBucket, key, b))
		if err != nil {
			return nil, err
		}
		var f filling
		f.reopen(300, c)
		return bare(f.encode(key)), nil
	},
	"state": func(b []byte) ([]byte, error) {
		key := stateKey(7)
		m, err := decodeState(key, sealed(streamsBucket, key, b))
		if err != nil {
			return nil, err
		}
		return bare(encodeState(key, &m)), nil
	},
	"producer": func(b []byte) ([]byte, error) {
		key := producerKey(7, "p")
		p, err := decodeProducer(key, sealed(streamsBucket, key, b))
		return bare(encodeProducer(key, p)), err
	},
	"number": func(b []byte) ([]byte, error) {
		key := idKey(7)
		n, err := decodeNumber(sourcesBucket, key, sealed(sourcesBucket, key, b))
		return bare(encodeNumber(sourcesBucket, key, n)), err
	},
	"shard": func(b []byte) ([]byte, error) {
		r, err := decodeShardRecord(sealed(aboutBucket, shardKey, b))
		return bare(r.encode()), err
	},
	"entry": func(b []byte) ([]byte, error) {
		e, rest, err := decodeEntry(b)
		return append(appendEntry(nil, e.id, e.tail, &e.change), rest...), err
	},
}

// bare returns the payload of a sealed value.
func bare(v []byte) []byte { return v[sealBytes:] }

// Samples are encodings of each kind.
var Samples = samples()

func samples() map[string][][]byte {
	change := store.Change{Bytes: []byte("bytes"), Producer: &store.ProducerAppend{ID: "p", Epoch: 1, Seq: -2},
		Close: true, Seq: "s", Expires: 5, SoftDelete: true, Mark: "m", MarkValue: "v"}
	m := store.NewMeta(7, "name", store.Config{ContentType: "text/plain", TTL: 60, ExpiresAt: "2030-01-01T00:00:00Z", Asked: 3,
		Fork: &store.Fork{Source: "src", ID: 9, Anchor: 4, Sub: 2, At: 6}})
	m.Apply(&change)
	m.Producers = nil
	long := store.Change{Bytes: bytes.Repeat([]byte("long"), 60<<10)}
	whole, open := filling{}, filling{continues: true}
	whole.add([]byte("one"), true)
	whole.add(bytes.Repeat([]byte("two"), 300), true)
	open.add([]byte("the end of one"), true)
	open.add([]byte("and a beginning"), false)
	key := stateKey(7)
	return map[string][][]byte{
		"chunk":    {bare(whole.encode(key)), bare(open.encode(key))},
		"state":    {bare(encodeState(key, &m)), bare(encodeState(key, &store.Meta{}))},
		"producer": {bare(encodeProducer(key, store.ProducerState{Epoch: 1 << 40, Seq: -2})), bare(encodeProducer(key, store.ProducerState{}))},
		"number":   {bare(encodeNumber(sourcesBucket, key, 1<<60)), bare(encodeNumber(sourcesBucket, key, 0))},
		"shard":    {bare(shardRecord{storeID: [16]byte{1, 2}, index: 255, shards: 256}.encode()), bare(shardRecord{}.encode())},
		"entry": {
			appendEntry(nil, 7, 300, &change), appendEntry(nil, 1<<60, 0, &store.Change{}),
			appendEntry(nil, 7, 1<<40, &long), appendEntry(appendEntry(nil, 7, 0, &change), 8, 1, &change),
		},
	}
}

// A sealed value, its bucket and its key, of each kind.
var SealedSamples = map[string][3][]byte{
	"chunk":    sealedSample(streamsBucket, chunkKey(7, 300), "chunk"),
	"state":    sealedSample(streamsBucket, stateKey(7), "state"),
	"producer": sealedSample(streamsBucket, producerKey(7, "p"), "producer"),
	"number":   sealedSample(sourcesBucket, idKey(7), "number"),
	"shard":    sealedSample(aboutBucket, shardKey, "shard"),
	"journal":  sealedSample(journalBucket, idKey(1), "entry"),
	"name":     {dueBucket, dueKey(5, 7), sealed(dueBucket, dueKey(5, 7), []byte("name"))},
	"nothing":  {trashBucket, idKey(7), sealed(trashBucket, idKey(7), nil)},
}

func sealedSample(bucket, key []byte, kind string) [3][]byte {
	return [3][]byte{bucket, key, sealed(bucket, key, Samples[kind][0])}
}

// Unseal verifies a value and returns its payload.
func Unseal(bucket, key, value []byte) ([]byte, error) { return unseal(bucket, key, value) }

// Buckets are the names of all buckets.
var Buckets = buckets

// An Append is one append of a chunk, or the part of it that is in the chunk.
type Append struct {
	Bytes string
	Ended bool
}

// Chunk puts appends into a chunk, the first of which may go on from the chunk
// before, and returns what is read from it.
func Chunk(continues bool, appends []Append) (gotContinues bool, got []Append, err error) {
	key := chunkKey(1, 2)
	f := filling{continues: continues}
	for _, a := range appends {
		f.add([]byte(a.Bytes), a.Ended)
	}
	c, err := decodeChunk(key, f.encode(key))
	c.each(func(start, end int, open bool) bool {
		got = append(got, Append{string(c.bytes[start:end]), !open})
		return true
	})
	return c.continues, got, err
}

// State writes the state of a stream and reads it.
func State(m store.Meta) (store.Meta, error) {
	key := stateKey(m.ID)
	return decodeState(key, encodeState(key, &m))
}

// Entries writes journal entries and reads them. Entry i is of stream i, at the
// negative of that.
func Entries(changes []store.Change) (got []store.Change, err error) {
	var b []byte
	for i := range changes {
		b = appendEntry(b, uint64(i), -int64(i), &changes[i])
	}
	for len(b) > 0 {
		var e journalEntry
		if e, b, err = decodeEntry(b); err != nil {
			return got, err
		}
		if i := len(got); e.id != uint64(i) || e.tail != -int64(i) {
			return got, errMalformed
		}
		got = append(got, e.change)
	}
	return got, nil
}

// GenerationOf reads a folder's name and returns the name that is written for what
// was read.
func GenerationOf(name string) (again string, number uint64, shards int, ok bool) {
	g, ok := parseGeneration(name)
	if !ok {
		return "", 0, 0, false
	}
	return g.dir()[len(root+"/"):], g.number, g.shards, true
}

// JournalValue returns a value of the journal with one change.
func JournalValue(id uint64, tail int64, c store.Change) []byte {
	return appendEntry(nil, id, tail, &c)
}

// ProducerEntry returns the key and the value of a producer of a stream.
func ProducerEntry(id uint64, producer string) (key, value []byte) {
	key = producerKey(id, producer)
	return key, encodeProducer(key, store.ProducerState{})
}
