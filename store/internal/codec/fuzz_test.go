package codec_test

import (
	"reflect"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/internal/codec"
)

var (
	sampleConfig = store.Config{ContentType: "text/plain", TTL: 60, ExpiresAt: "2030-01-01T00:00:00Z", Asked: 3,
		Fork: &store.Fork{Source: "src", ID: 9, Anchor: 4, Sub: 2, At: 6}}
	sampleChange = store.Change{Bytes: []byte("bytes"), Producer: &store.ProducerAppend{ID: "p", Epoch: 1, Seq: 2},
		Close: true, Seq: "s", Expires: 5, SoftDelete: true, Mark: "m", MarkValue: "v"}
)

func FuzzMeta(f *testing.F) {
	m := store.NewMeta(1, "name", sampleConfig)
	f.Add(codec.AppendMeta(nil, &m))
	m.Apply(&sampleChange)
	f.Add(codec.AppendMeta(nil, &m))
	f.Fuzz(func(t *testing.T, b []byte) {
		once, err := codec.Meta(b)
		if err != nil {
			return
		}
		twice, err := codec.Meta(codec.AppendMeta(nil, &once))
		if err != nil || !reflect.DeepEqual(once, twice) {
			t.Errorf("meta written again: got %+v and error %v, want %+v", twice, err, once)
		}
	})
}

func FuzzConfig(f *testing.F) {
	f.Add(codec.AppendConfig(nil, &sampleConfig))
	f.Add(codec.AppendConfig(nil, &store.Config{TTL: store.NoTTL}))
	f.Fuzz(func(t *testing.T, b []byte) {
		once, rest, err := codec.Config(b)
		if err != nil {
			return
		}
		twice, restTwice, err := codec.Config(append(codec.AppendConfig(nil, &once), rest...))
		if err != nil || !reflect.DeepEqual(once, twice) || string(rest) != string(restTwice) {
			t.Errorf("config written again: got %+v, rest %q and error %v, want %+v and %q", twice, restTwice, err, once, rest)
		}
	})
}

func FuzzChange(f *testing.F) {
	f.Add(codec.AppendChange(nil, &sampleChange))
	f.Add(codec.AppendChange(nil, &store.Change{Bytes: []byte("only bytes")}))
	f.Fuzz(func(t *testing.T, b []byte) {
		once, err := codec.Change(b)
		if err != nil {
			return
		}
		if once.Mark == "" {
			once.MarkValue = "" // means nothing without a mark
		}
		twice, err := codec.Change(codec.AppendChange(nil, &once))
		if err != nil || !reflect.DeepEqual(once, twice) {
			t.Errorf("change written again: got %+v and error %v, want %+v", twice, err, once)
		}
	})
}
