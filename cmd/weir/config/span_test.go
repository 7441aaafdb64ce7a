package config_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/cmd/weir/config"
)

func TestSpansPrintExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := config.Span(rapid.Int64().Draw(t, "nanoseconds"))
		var got config.Span
		if err := got.UnmarshalText([]byte(want.String())); err != nil || got != want {
			t.Errorf("%s: got %d ns and error %v, want %d ns", want, got, err, want)
		}
		var auto config.AutoSpan
		if err := auto.UnmarshalText([]byte(config.AutoSpan(want).String())); err != nil || auto != config.AutoSpan(want) {
			t.Errorf("%s, or auto: got %d ns and error %v, want %d ns", want, auto, err, want)
		}
	})
}

func TestSpanText(t *testing.T) {
	for text, want := range map[string]string{"0": "0s", "90s": "90s", "120s": "2m", "1h0m": "1h", "0.25s": "250ms", "1500us": "1500us", "-90m": "-90m", "1ns": "1ns"} {
		var got config.Span
		if err := got.UnmarshalText([]byte(text)); err != nil || got.String() != want {
			t.Errorf("%q: got %s and error %v, want %s", text, got, err, want)
		}
	}
}

func TestWALBudget(t *testing.T) {
	const most = int64(^uint64(0) >> 1)
	tests := []struct {
		text string
		free int64
		want int64
	}{
		{"25%", 400, 100}, {"25%", 3, 0}, {"100%", most, most}, {"1%", most, most / 100}, {"50%", 0, 0}, {"50%", -5, 0},
		{"1KiB", 0, 1024}, {"1KiB", most, 1024},
	}
	for _, test := range tests {
		var b config.WALBudget
		if err := b.UnmarshalText([]byte(test.text)); err != nil {
			t.Errorf("%s: got %v, want no error", test.text, err)
			continue
		}
		if got := b.Of(test.free); got != test.want || b.String() != test.text {
			t.Errorf("%s of %d: got %d and text %s, want %d", test.text, test.free, got, b, test.want)
		}
	}
}
