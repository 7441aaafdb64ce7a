package catalogue_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/weirstreams/weir/store/filestore/catalogue"
)

// The checksums of these inputs are right, as those of a faulty writer would
// be; each breaks one rule of the format.

// wantReason expects err to say reason, or nothing when that is empty.
func wantReason(t *testing.T, name string, err error, reason string) {
	t.Helper()
	if got := fmt.Sprint(err); got != reason && !(reason == "" && err == nil) {
		t.Errorf("%s: got %q, want %q", name, got, reason)
	}
}

func TestBlockRefuses(t *testing.T) {
	a := []byte{0, 1, 1, 'a'}
	for _, c := range []struct {
		name   string
		blocks [][]byte
		reason string
	}{
		{"nothing wrong", [][]byte{{0, 1, 1, 'a', 1, 1, 0, 'a'}, {0, 1, 1, 'b'}}, ""},
		{"equal keys", [][]byte{{0, 1, 1, 'a', 1, 0, 1}}, "keys do not ascend"},
		{"falling keys", [][]byte{{0, 1, 1, 'b', 0, 1, 1, 'a'}}, "keys do not ascend"},
		{"falling across blocks", [][]byte{{0, 1, 1, 'b'}, a}, "keys do not ascend"},
		{"sharing with nothing", [][]byte{{1, 1, 1, 'a'}}, "entry shares more than the key before"},
		{"sharing across blocks", [][]byte{a, {1, 1, 1, 'a'}}, "entry shares more than the key before"},
		{"sharing too much", [][]byte{{0, 1, 1, 'a', 2, 1, 1, 'b'}}, "entry shares more than the key before"},
		{"no lengths", [][]byte{{0, 1}}, "entry ends early"},
		{"endless number", [][]byte{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}}, "entry ends early"},
		{"key too short", [][]byte{{0, 2, 1, 'a'}}, "entry runs past its block"},
		{"value too short", [][]byte{{0, 1, 3, 'a', 'v'}}, "entry runs past its block"},
		{"huge key", [][]byte{append([]byte{0, 0x80, 0x80, 0x04, 1}, make([]byte, 1<<16)...)}, "entry longer than allowed"},
		{"key length that overflows", [][]byte{
			{0, 1, 1, 'a', 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 'b'},
		}, "entry longer than allowed"},
		{"huge value", [][]byte{{0, 1, 0xff, 0xff, 0xff, 0xff, 0x7f, 'a'}}, "entry longer than allowed"},
	} {
		_, err := catalogue.DecodeBlocks(c.blocks...)
		wantReason(t, c.name, err, c.reason)
	}
}

func TestIndexRefuses(t *testing.T) {
	record := catalogue.AppendIndexRecord
	two := func(at int64, sep string) []byte {
		return record(record(nil, 16, nil), at, []byte(sep))
	}
	three := func(second, third string) []byte { return record(two(100, second), 200, []byte(third)) }
	for _, c := range []struct {
		name   string
		raw    []byte
		blocks uint32
		reason string
	}{
		{"nothing wrong", three("a", "b"), 3, ""},
		{"equal separators", three("a", "a"), 3, "index is out of order"},
		{"falling separators", three("b", "a"), 3, "index is out of order"},
		{"empty separator", two(100, ""), 2, "index is out of order"},
		{"first not empty", record(nil, 16, []byte("a")), 1, "index does not start at the first block"},
		{"first elsewhere", record(nil, 17, nil), 1, "index does not start at the first block"},
		{"falling positions", two(15, "a"), 2, "index gives a block an impossible length"},
		{"tiny block", two(22, "a"), 2, "index gives a block an impossible length"},
		{"last block past the end", two(1000, "a"), 2, "index gives a block an impossible length"},
		{"negative position", two(-1, "a"), 2, "index gives a block an impossible length"},
		{"more records", three("a", "b"), 2, "index longer than its records"},
		{"fewer records", two(100, "a"), 3, "index shorter than its records"},
		{"record cut", two(100, "aaaaaaaaaa")[:29], 2, "index record ends early"},
		{"record cut in its numbers", two(100, "a")[:19], 2, "index shorter than its records"},
		{"many blocks", two(100, "a"), 1<<32 - 1, "index shorter than its records"},
	} {
		_, err := catalogue.DecodeIndex(c.raw, c.blocks, 300)
		wantReason(t, c.name, err, c.reason)
	}
}

// footerBody builds the part of a footer before its checksum.
func footerBody(indexAt, filterAt, entries, tombstones uint64, blocks uint32) []byte {
	b := binary.LittleEndian.AppendUint64(nil, 7)
	for _, v := range []uint64{indexAt, filterAt, entries, tombstones} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	b = binary.LittleEndian.AppendUint32(b, blocks)
	return append(b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3)
}

func TestFooterRefuses(t *testing.T) {
	const size, footerAt = 200, 200 - 68
	for _, c := range []struct {
		name   string
		body   []byte
		size   int64
		reason string
	}{
		{"nothing wrong", footerBody(100, 120, 5, 1, 2), size, ""},
		{"all tombstones", footerBody(100, footerAt-1, 5, 5, 5), size, ""},
		{"index in header", footerBody(15, 120, 5, 1, 2), size, "footer positions out of order"},
		{"no index", footerBody(100, 100, 5, 1, 2), size, "footer positions out of order"},
		{"no filter", footerBody(100, footerAt, 5, 1, 2), size, "footer positions out of order"},
		{"negative position", footerBody(100, 1<<63, 5, 1, 2), size, "footer positions out of range"},
		{"huge index", footerBody(100, 1<<33, 5, 1, 2), 1 << 34, "index longer than allowed"},
		{"no blocks", footerBody(100, 120, 5, 1, 0), size, "footer counts contradict each other"},
		{"empty blocks", footerBody(100, 120, 5, 1, 6), size, "footer counts contradict each other"},
		{"too many tombstones", footerBody(100, 120, 5, 6, 2), size, "footer counts contradict each other"},
	} {
		_, _, err := catalogue.RecodeFooter(c.body, c.size)
		wantReason(t, c.name, err, c.reason)
	}
}

func TestManifestRefuses(t *testing.T) {
	body := func(next uint64, rootLen, tables uint32, rest int) []byte {
		b := binary.LittleEndian.AppendUint64(nil, next)
		b = binary.LittleEndian.AppendUint32(b, rootLen)
		b = binary.LittleEndian.AppendUint32(b, tables)
		return catalogue.SealManifest(append(b, make([]byte, rest)...))
	}
	for _, c := range []struct {
		name   string
		file   []byte
		reason string
	}{
		{"nothing wrong", catalogue.EncodeManifest(9, []byte("root"), 8, 5), ""},
		{"rising numbers", catalogue.EncodeManifest(9, nil, 5, 8), "table numbers do not fall"},
		{"equal numbers", catalogue.EncodeManifest(9, nil, 5, 5), "table numbers do not fall"},
		{"number not given out", catalogue.EncodeManifest(9, nil, 9), "table numbers do not fall"},
		{"root too long", body(1, catalogue.MaxRootBytes+1, 0, catalogue.MaxRootBytes+1), "root or table list longer than allowed"},
		{"too many tables", body(1, 0, 1025, 1025*20), "root or table list longer than allowed"},
		{"root cut", body(1, 10, 0, 9), "length does not match its contents"},
		{"bytes left over", body(1, 10, 0, 11), "length does not match its contents"},
		{"no fixed part", catalogue.SealManifest(make([]byte, 11)), "shorter than its fixed part"},
	} {
		_, err := catalogue.RecodeManifest(c.file)
		wantReason(t, c.name, err, c.reason)
	}
}
