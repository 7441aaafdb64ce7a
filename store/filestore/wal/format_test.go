package wal_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store/filestore/wal"
)

// TestFormatStays holds the bytes of version 1. A change here makes the logs of
// earlier programs unreadable: it needs a version of its own.
func TestFormatStays(t *testing.T) {
	m := newMemFS()
	l := open(t, m, 1, nil)
	for _, p := range []string{"first", ""} {
		_, err := l.Append(payload([]byte(p)))
		must(t, err)
		must(t, l.Flush())
		must(t, l.Sync())
	}
	const want = "" +
		"776569722d77616c" + "01000000" + "0102030405060708090a0b0c0d0e0f10" + "0100000000000000" + "4b396885" +
		"aaab67d0" + "50a13e8a" + "05000000" + "0100000000000000" + "0000000000000000" + "6669727374" +
		"ff078397" + "00000000" + "00000000" + "0200000000000000" + "0100000000000000"
	if got := hex.EncodeToString(m.names[seg1].data); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestSegmentNames(t *testing.T) {
	for _, first := range []uint64{1, 255, 1<<63 + 1, 1<<64 - 1} {
		name := wal.SegmentName(first)
		if got, ok := wal.ParseSegmentName(name); !ok || got != first {
			t.Errorf("%s: got %d and %v, want %d", name, got, ok, first)
		}
	}
	for _, name := range []string{"", ".wal", "+000000000000001.wal", strings.Repeat("f", 17) + ".wal", "0x00000000000001.wal"} {
		if got, ok := wal.ParseSegmentName(name); ok {
			t.Errorf("%q: got %d, want no segment", name, got)
		}
	}
}
