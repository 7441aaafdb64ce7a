package storetest

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/store"
)

// Model compares the tier with a model of it over random steps in the lives of a
// few streams, restarts and crashes among them.
func Model(t *testing.T, open func(t TB) *Harness) {
	rapid.Check(t, func(t *rapid.T) {
		f := newFixture(t, open(t))
		actions := map[string]func(*rapid.T){
			"":       func(*rapid.T) { f.check("in between") },
			"create": f.randomCreate,
			"fork":   f.randomFork,
			"append": f.randomAppend,
			"append many": func(t *rapid.T) {
				name := f.any(t)
				for range rapid.IntRange(2, 12).Draw(t, "times") {
					f.apply(name, store.Change{Bytes: randomBytes.Draw(t, "bytes")})
				}
			},
			"delete": f.randomDelete,
			"settle": func(*rapid.T) { f.settle() },
			"backup": func(t *rapid.T) {
				if rapid.IntRange(0, 3).Draw(t, "rarely") == 0 {
					f.backUpAndCheck()
				}
			},
		}
		if f.Fill != nil {
			actions["full"] = f.randomFull
		}
		if f.durable() {
			actions["restart"] = func(*rapid.T) { f.reopen() }
			actions["crash"] = func(*rapid.T) { f.crash() }
		}
		t.Repeat(actions)
	})
}

var modelNames = []string{"a", "a/1", "a/2", "ab", "b\xff", "ä"}

// any picks a stream that exists.
func (f *fixture) any(t *rapid.T) string {
	if len(f.model) == 0 {
		t.Skip("no stream")
	}
	return rapid.SampledFrom(f.model.names()).Draw(t, "stream")
}

// free picks a name that is not taken.
func (f *fixture) free(t *rapid.T) string {
	taken := maps.Clone(f.model)
	names := slices.DeleteFunc(slices.Clone(modelNames), func(n string) bool { return taken[n] != nil })
	if len(names) == 0 {
		t.Skip("no free name")
	}
	return rapid.SampledFrom(names).Draw(t, "name")
}

var (
	randomBytes = rapid.Custom(func(t *rapid.T) []byte {
		size := rapid.OneOf(rapid.IntRange(0, 50), rapid.IntRange(500, 1100)).Draw(t, "size")
		b := make([]byte, size)
		for i, at := 0, rapid.Byte().Draw(t, "first"); i < size; i++ {
			b[i] = at + byte(i)
		}
		return b
	})
	randomExpires  = rapid.SampledFrom([]int64{0, 0, 0, 10, 20, 30})
	randomWord     = rapid.SampledFrom([]string{"", "", "x", "y"})
	randomProducer = rapid.Custom(func(t *rapid.T) *store.ProducerAppend {
		if rapid.Bool().Draw(t, "none") {
			return nil
		}
		return &store.ProducerAppend{ID: randomWord.Draw(t, "id"), Epoch: rapid.Int64().Draw(t, "epoch"), Seq: rapid.Int64().Draw(t, "seq")}
	})
	randomChange = rapid.Custom(func(t *rapid.T) store.Change {
		return store.Change{
			Bytes:      randomBytes.Draw(t, "bytes"),
			Producer:   randomProducer.Draw(t, "producer"),
			Close:      rapid.IntRange(0, 5).Draw(t, "close") == 0,
			SoftDelete: rapid.IntRange(0, 9).Draw(t, "soft delete") == 0,
			Seq:        randomWord.Draw(t, "seq"),
			Expires:    randomExpires.Draw(t, "expires"),
			Mark:       randomWord.Draw(t, "mark"),
			MarkValue:  randomWord.Draw(t, "mark value"),
		}
	})
)

func (f *fixture) randomCreate(t *rapid.T) {
	cfg := store.Config{ContentType: randomWord.Draw(t, "type"), TTL: rapid.Int64Range(-1, 9).Draw(t, "ttl"),
		ExpiresAt: randomWord.Draw(t, "at"), Asked: rapid.Byte().Draw(t, "asked")}
	f.create(f.free(t), cfg, randomChange.Draw(t, "first"))
}

func (f *fixture) randomFork(t *rapid.T) {
	name, source := f.free(t), f.any(t)
	m := f.model[source].meta
	at := rapid.Int64Range(m.Base(), m.Tail).Draw(t, "at")
	f.create(name, f.fork(source, at), randomChange.Draw(t, "first"))
}

func (f *fixture) randomAppend(t *rapid.T) {
	f.apply(f.any(t), randomChange.Draw(t, "change"))
}

// randomDelete leaves alone what forks refer to, as package stream does.
func (f *fixture) randomDelete(t *rapid.T) {
	name := f.any(t)
	if f.model[name].meta.Refs > 0 {
		t.Skip("has forks")
	}
	f.remove(name)
}

func (f *fixture) randomFull(t *rapid.T) {
	relieve, _ := f.fill()
	defer relieve()
	h := f.hold(f.any(t))
	defer h.Release()
	f.wantErr("append when full", commit(h, large), store.ErrNoSpace)
	h.Reset()
}
