package codec_test

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/internal/codec"
)

var (
	word     = rapid.OneOf(rapid.Just(""), rapid.StringN(0, 12, -1), rapid.StringN(130, 200, -1))
	number   = rapid.OneOf(rapid.Int64(), rapid.Int64Range(-2, 300), rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64}))
	producer = rapid.Custom(func(t *rapid.T) *store.ProducerAppend {
		return &store.ProducerAppend{ID: word.Draw(t, "id"), Epoch: number.Draw(t, "epoch"), Seq: number.Draw(t, "seq")}
	})
	config = rapid.Custom(func(t *rapid.T) store.Config {
		c := store.Config{ContentType: word.Draw(t, "type"), TTL: number.Draw(t, "ttl"),
			ExpiresAt: word.Draw(t, "at"), Asked: rapid.Byte().Draw(t, "asked")}
		if rapid.Bool().Draw(t, "fork") {
			c.Fork = &store.Fork{Source: word.Draw(t, "source"), ID: rapid.Uint64().Draw(t, "id"),
				Anchor: number.Draw(t, "anchor"), Sub: number.Draw(t, "sub"), At: number.Draw(t, "at")}
		}
		return c
	})
	change = rapid.Custom(func(t *rapid.T) store.Change {
		c := store.Change{Bytes: rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "bytes"), Close: rapid.Bool().Draw(t, "close"),
			Seq: word.Draw(t, "seq"), Expires: number.Draw(t, "expires"), SoftDelete: rapid.Bool().Draw(t, "soft delete"),
			Mark: word.Draw(t, "mark")}
		if rapid.Bool().Draw(t, "has producer") {
			c.Producer = producer.Draw(t, "producer")
		}
		if c.Mark != "" {
			c.MarkValue = word.Draw(t, "mark value")
		}
		return c
	})
	meta = rapid.Custom(func(t *rapid.T) store.Meta {
		m := store.Meta{Config: config.Draw(t, "config"), Tail: number.Draw(t, "tail"), Closed: rapid.Bool().Draw(t, "closed"),
			Deleted: rapid.Bool().Draw(t, "deleted"), Refs: rapid.Int().Draw(t, "refs"),
			Expires: number.Draw(t, "expires"), LastSeq: word.Draw(t, "seq")}
		if rapid.Bool().Draw(t, "closed by") {
			m.ClosedBy = producer.Draw(t, "closer")
		}
		state := rapid.Custom(func(t *rapid.T) store.ProducerState {
			return store.ProducerState{Epoch: number.Draw(t, "epoch"), Seq: number.Draw(t, "seq")}
		})
		// Nil stands for empty, as in life.
		if p := rapid.MapOfN(word, state, 0, 5).Draw(t, "producers"); len(p) > 0 {
			m.Producers = p
		}
		if marks := rapid.MapOfN(word, word, 0, 5).Draw(t, "marks"); len(marks) > 0 {
			m.Marks = marks
		}
		return m
	})
)

func TestMetaRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := meta.Draw(t, "meta")
		b := codec.AppendMeta([]byte("before"), &want)
		got, err := codec.Meta(b[len("before"):])
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("meta: got %+v and error %v, want %+v", got, err, want)
		}
		if _, err := codec.Meta(append(b[len("before"):], 0)); !errors.Is(err, codec.ErrMalformed) {
			t.Fatalf("meta with a byte behind it: got error %v, want %v", err, codec.ErrMalformed)
		}
		wantMalformed(t, b[len("before"):], func(b []byte) error { _, err := codec.Meta(b); return err })
	})
}

func TestConfigRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := config.Draw(t, "config")
		b := codec.AppendConfig(nil, &want)
		got, rest, err := codec.Config(append(b, "rest"...))
		if err != nil || !reflect.DeepEqual(got, want) || string(rest) != "rest" {
			t.Fatalf("config: got %+v, rest %q and error %v, want %+v", got, rest, err, want)
		}
		wantMalformed(t, b, func(b []byte) error { _, _, err := codec.Config(b); return err })
	})
}

func TestChangeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := change.Draw(t, "change")
		b := codec.AppendChange(nil, &want)
		got, err := codec.Change(b)
		if len(got.Bytes) == 0 && len(want.Bytes) == 0 {
			got.Bytes = want.Bytes
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("change: got %+v and error %v, want %+v", got, err, want)
		}
		// Its bytes have no length of their own, so only what is before them can
		// be missed.
		wantMalformed(t, b[:len(b)-len(want.Bytes)], func(b []byte) error { _, err := codec.Change(b); return err })
	})
}

// wantMalformed cuts an encoding short at every place.
func wantMalformed(t *rapid.T, b []byte, decode func([]byte) error) {
	for n := range b {
		if err := decode(b[:n]); !errors.Is(err, codec.ErrMalformed) {
			t.Fatalf("the first %d of %d bytes: got error %v, want %v", n, len(b), err, codec.ErrMalformed)
		}
	}
}

// TestLengthsAreChecked: a length beyond the input is refused before anything is
// made of it.
func TestLengthsAreChecked(t *testing.T) {
	huge := bytes.Repeat([]byte{0xff}, 9)
	huge = append(huge, 0x01)
	b := append([]byte{0, 0}, huge...) // the content type of a config
	if _, _, err := codec.Config(b); !errors.Is(err, codec.ErrMalformed) {
		t.Errorf("config with a length of 2^64-1: got error %v, want %v", err, codec.ErrMalformed)
	}
	m := codec.AppendMeta(nil, &store.Meta{})
	b = append(m[:len(m)-2], huge...) // the number of producers
	if _, err := codec.Meta(b); !errors.Is(err, codec.ErrMalformed) {
		t.Errorf("meta with 2^64-1 producers: got error %v, want %v", err, codec.ErrMalformed)
	}
}
