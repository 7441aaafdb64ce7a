package jsontext_test

import (
	"testing"

	"github.com/weirstreams/weir/stream/jsontext"
)

func TestNext(t *testing.T) {
	tests := []struct {
		stored string
		want   int
	}{
		{"", 0},
		{"1", 0},
		{"1,", 2},
		{"1,2,", 2},
		{"-1.5e+3,2,", 8},
		{"null,", 5},
		{`"a,b",1,`, 6},
		{`"\",",1,`, 6},
		{`"\\",1,`, 5},
		{`"\\\",",1,`, 8},
		{`"",`, 3},
		{`"a`, 0},
		{`"a\"`, 0},
		{`"a,`, 0},
		{`{"a":[1,{"b":2}],"c":"}"},1,`, 26},
		{`[[],[]],`, 8},
		{`[1,2`, 0},
		{`[1,2]`, 0},
		{`{"a":1,`, 0},
	}
	for _, test := range tests {
		if got := jsontext.Next([]byte(test.stored)); got != test.want {
			t.Errorf("Next(%s): got %d, want %d", test.stored, got, test.want)
		}
	}
}

func TestCut(t *testing.T) {
	const stored = `1,"a,b",[1,2],` // ends at 2, 8 and 14
	tests := []struct{ limit, want int }{
		{-1, 0}, {0, 0}, {1, 0}, {2, 2}, {3, 2}, {7, 2}, {8, 8}, {9, 8}, {13, 8}, {14, 14}, {15, 14}, {1 << 40, 14},
	}
	for _, test := range tests {
		if got := jsontext.Cut([]byte(stored), test.limit); got != test.want {
			t.Errorf("Cut(%s, %d): got %d, want %d", stored, test.limit, got, test.want)
		}
	}
	if got := jsontext.Cut([]byte(stored[:10]), 1000); got != 8 {
		t.Errorf("Cut(%s): got %d, want 8", stored[:10], got)
	}
}
