package catalogue_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/weirstreams/weir/store/filestore/catalogue"
)

// FuzzManifest feeds the decoder raw files, and bodies with a right checksum.
// What it accepts must encode to the same bytes.
func FuzzManifest(f *testing.F) {
	f.Add([]byte{})
	for _, whole := range [][]byte{
		catalogue.EncodeManifest(1, nil),
		catalogue.EncodeManifest(9, []byte("root"), 8, 5, 1),
		catalogue.EncodeManifest(9, nil, 5, 8), // wrong order
	} {
		f.Add(whole)
		f.Add(whole[16 : len(whole)-4])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, file := range [][]byte{b, catalogue.SealManifest(b)} {
			got, err := catalogue.RecodeManifest(file)
			if err == nil && !bytes.Equal(got, file) {
				t.Errorf("manifest %x: got %x back", file, got)
			}
		}
	})
}

// FuzzFooter wants the same of the fixed part of a footer.
func FuzzFooter(f *testing.F) {
	seed := binary.LittleEndian.AppendUint64(nil, 7)        // number
	seed = binary.LittleEndian.AppendUint64(seed, 100)      // index at
	seed = binary.LittleEndian.AppendUint64(seed, 120)      // filter at
	seed = binary.LittleEndian.AppendUint64(seed, 5)        // entries
	seed = binary.LittleEndian.AppendUint64(seed, 1)        // tombstones
	seed = binary.LittleEndian.AppendUint32(seed, 2)        // blocks
	seed = append(seed, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3) // sums
	if _, again, err := catalogue.RecodeFooter(seed, 200); err != nil || again == nil {
		f.Fatalf("seed: got error %v, want none", err)
	}
	f.Add(seed, int64(200))
	f.Add(seed, int64(0))
	f.Add(seed[:20], int64(200))
	f.Fuzz(func(t *testing.T, body []byte, size int64) {
		whole, again, err := catalogue.RecodeFooter(body, size)
		if err == nil && !bytes.Equal(whole, again) {
			t.Errorf("footer %x: got %x back", whole, again)
		}
	})
}

// FuzzBlock wants ascending keys of whatever the decoder accepts, and the same
// entries after encoding those and decoding again.
func FuzzBlock(f *testing.F) {
	f.Add([]byte{})
	f.Add(catalogue.EncodeBlock([]catalogue.Entry{
		{Key: []byte(""), Value: []byte("empty key")},
		{Key: []byte("stream/1"), Value: []byte("one")},
		{Key: []byte("stream/12"), Deleted: true},
		{Key: []byte("stream/2"), Value: []byte{}},
	}))
	f.Add([]byte{1, 0, 0})                    // shares with nothing
	f.Add([]byte{0, 1, 1, 'b', 0, 1, 1, 'a'}) // falls
	f.Add([]byte{0, 9, 1, 'b'})               // runs past
	f.Fuzz(func(t *testing.T, b []byte) {
		entries, err := catalogue.DecodeBlocks(b)
		for i := range entries {
			if i > 0 && bytes.Compare(entries[i-1].Key, entries[i].Key) >= 0 {
				t.Fatalf("block %x: got key %q after %q", b, entries[i].Key, entries[i-1].Key)
			}
		}
		if err != nil {
			return
		}
		again, err := catalogue.DecodeBlocks(catalogue.EncodeBlock(entries))
		if err != nil || len(again) != len(entries) {
			t.Fatalf("block %x: got %d entries back, error %v, want %d", b, len(again), err, len(entries))
		}
		for i, e := range entries {
			a := again[i]
			if !bytes.Equal(a.Key, e.Key) || !bytes.Equal(a.Value, e.Value) || a.Deleted != e.Deleted {
				t.Errorf("entry %d: got %+v back, want %+v", i, a, e)
			}
		}
	})
}

// FuzzIndex wants blocks without gaps of whatever the decoder accepts, and a
// lookup that lands between the right separators.
func FuzzIndex(f *testing.F) {
	raw := catalogue.AppendIndexRecord(nil, 16, nil)
	raw = catalogue.AppendIndexRecord(raw, 100, []byte("b"))
	raw = catalogue.AppendIndexRecord(raw, 200, []byte("ba"))
	if _, err := catalogue.DecodeIndex(raw, 3, 300); err != nil {
		f.Fatalf("seed: got error %v, want none", err)
	}
	f.Add(raw, uint32(3), int64(300), []byte("b"))
	f.Add(raw, uint32(3), int64(300), []byte(""))
	f.Add(raw, uint32(2), int64(300), []byte("c"))
	f.Add(raw, uint32(3), int64(200), []byte("c"))
	f.Fuzz(func(t *testing.T, raw []byte, blocks uint32, end int64, key []byte) {
		if blocks == 0 {
			return // the footer refuses it
		}
		x, err := catalogue.DecodeIndex(raw, blocks, end)
		if err != nil {
			return
		}
		next := int64(16)
		for i := range x.Blocks() {
			pos, length := x.Span(i)
			if pos != next || length <= 0 {
				t.Fatalf("block %d: got %d bytes at %d, want some at %d", i, length, pos, next)
			}
			next = pos + length
		}
		if next != end {
			t.Fatalf("blocks: got end %d, want %d", next, end)
		}
		i := x.Find(key)
		if bytes.Compare(x.Separator(i), key) > 0 {
			t.Errorf("find %q: got block %d from %q", key, i, x.Separator(i))
		}
		if i+1 < x.Blocks() && bytes.Compare(x.Separator(i+1), key) <= 0 {
			t.Errorf("find %q: got block %d, but the next starts at %q", key, i, x.Separator(i+1))
		}
	})
}

// FuzzOpen puts arbitrary bytes in place of a table. Nobody may mistake them
// for one, and nothing may panic.
func FuzzOpen(f *testing.F) {
	fsys := newMemFS()
	c := mustOpen(f, fsys, &small)
	mustCommit(f, c, "root", numbered("k", 4, "v"))
	c.Close()
	node := fsys.names["cat/00000001.table"]
	right := bytes.Clone(node.data)
	f.Add(right)
	f.Add(right[:40])
	f.Fuzz(func(t *testing.T, b []byte) {
		node.data = b
		c, err := catalogue.Open(fsys, "cat", nil)
		if err == nil {
			defer c.Close()
			if got := damages(t, c); len(got) == 0 && !bytes.Equal(b, right) {
				t.Errorf("table %x: got no damage, want some", b)
			}
			return
		}
		_, damaged := errors.AsType[*catalogue.CorruptionError](err)
		if !damaged && !errors.Is(err, catalogue.ErrVersion) {
			t.Errorf("Open: got error %v, want damage", err)
		}
	})
}
