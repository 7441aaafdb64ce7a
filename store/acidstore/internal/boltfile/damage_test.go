package boltfile_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/weirstreams/weir/store/acidstore/internal/boltfile"
)

// image returns the pages of a file with a list of free ones.
func image(t testing.TB) []byte {
	d := newDatabase(t, t.TempDir())
	fill(t, d)
	d.db.NoFreelistSync = false
	if err := d.db.Update(func(tx *bolt.Tx) error { return d.remove(tx, "tall", "") }); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(d.path)
	if err != nil {
		t.Fatal(err)
	}
	_, m := d.read(t)
	return b[:m.Pages*boltfile.PageBytes]
}

// TestFlippedMeta flips every bit of the newest meta page that counts. No bit takes
// the transaction back.
func TestFlippedMeta(t *testing.T) {
	t.Parallel()
	b := image(t)
	ms, err := boltfile.ReadMetas(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	newest, err := ms.Newest()
	if err != nil {
		t.Fatal(err)
	}
	page := int(newest.Txid%2) * boltfile.PageBytes
	for bit := range 80 * 8 {
		b[page+bit/8] ^= 1 << (bit % 8)
		ms, err := boltfile.ReadMetas(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		m, err := ms.Newest()
		if bit < 16*8 && (err != nil || m.Txid != newest.Txid) {
			t.Errorf("bit %d of the header: got %+v and error %v, want transaction %d", bit, m, err, newest.Txid)
		}
		if d, ok := errors.AsType[*boltfile.Damage](err); bit >= 16*8 && (!ok || d.Offset != int64(page)) {
			t.Errorf("bit %d: got %+v and error %v, want damage at %d", bit, m, err, page)
		}
		if len(ms.Damage()) != 1 {
			t.Errorf("bit %d: got %d pieces of damage, want 1", bit, len(ms.Damage()))
		}
		b[page+bit/8] ^= 1 << (bit % 8)
	}
}

// TestTornMeta: pages that a power cut, or we, may leave are passed over.
func TestTornMeta(t *testing.T) {
	t.Parallel()
	whole := image(t)
	for name, spoil := range map[string]func(page []byte){
		"blank":   func(page []byte) { clear(page) },
		"garbage": func(page []byte) { copy(page[16:], "not what it was at all") },
		"half":    func(page []byte) { clear(page[40:]) },
	} {
		b := bytes.Clone(whole)
		ms, _ := boltfile.ReadMetas(bytes.NewReader(b))
		newest, err := ms.Newest()
		if err != nil {
			t.Fatal(err)
		}
		at := newest.Txid % 2 * boltfile.PageBytes
		spoil(b[at : at+boltfile.PageBytes])
		ms, _ = boltfile.ReadMetas(bytes.NewReader(b))
		if m, err := ms.Newest(); err != nil || m.Txid != newest.Txid-1 {
			t.Errorf("%s: got %+v and error %v, want transaction %d", name, m, err, newest.Txid-1)
		}
	}
}

// TestNote: a note is that of its transaction alone, and whole.
func TestNote(t *testing.T) {
	t.Parallel()
	b := image(t)
	read := func() *boltfile.Meta {
		ms, err := boltfile.ReadMetas(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		m, err := ms.Newest()
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	txid := read().Txid
	note, at := boltfile.Note(txid, 12345)
	copy(b[at:], note)
	if m := read(); !m.Noted || m.Sum != 12345 {
		t.Fatalf("got %+v, want the sum 12345", m)
	}
	for bit := range 8 * len(note) {
		b[int(at)+bit/8] ^= 1 << (bit % 8)
		if m := read(); m.Noted {
			t.Errorf("bit %d flipped: got a note of %d, want none", bit, m.Sum)
		}
		b[int(at)+bit/8] ^= 1 << (bit % 8)
	}
	other, _ := boltfile.Note(txid-2, 12345)
	copy(b[at:], other)
	if read().Noted {
		t.Error("the note of another transaction: got it, want none")
	}
}

// TestLocate flips bits of a page that leads to others and asks which it was.
func TestLocate(t *testing.T) {
	t.Parallel()
	b := image(t)
	ms, _ := boltfile.ReadMetas(bytes.NewReader(b))
	m, err := ms.Newest()
	if err != nil {
		t.Fatal(err)
	}
	whole, err := boltfile.NewCrown(bytes.NewReader(b), m)
	if err != nil {
		t.Fatal(err)
	}
	_, want := whole.Sum()
	at := int64(m.Freelist)*boltfile.PageBytes + 16
	b[at] ^= 4
	crown, err := boltfile.NewCrown(bytes.NewReader(b), m)
	if err != nil {
		t.Fatal(err)
	}
	if d := crown.Locate(bytes.NewReader(b), want); d.Offset != at {
		t.Errorf("got %+v, want offset %d", d, at)
	}
	if err := whole.VouchFreelist(bytes.NewReader(b)); err == nil {
		t.Error("a list of free pages with a flipped bit: got no error")
	}
}

// FuzzFile reads files of which a few bytes are anything. Nothing panics, runs in
// circles, or takes memory that the file does not have.
func FuzzFile(f *testing.F) {
	whole := image(f)
	f.Add(uint32(0), []byte("x"))
	f.Add(uint32(20), []byte{1, 2, 3, 4, 5, 6, 7, 8})
	for page := range uint32(8) {
		for _, at := range []uint32{0, 8, 10, 12, 16, 20, 24, 28} {
			f.Add(page*boltfile.PageBytes+at, binary.LittleEndian.AppendUint32(nil, 0xffffffff))
			f.Add(page*boltfile.PageBytes+at, []byte{byte(page)})
		}
	}
	f.Fuzz(func(t *testing.T, at uint32, change []byte) {
		b := bytes.Clone(whole)
		copy(b[int(at)%len(b):], change)
		src := bytes.NewReader(b)
		ms, err := boltfile.ReadMetas(src)
		if err != nil {
			t.Fatal(err)
		}
		ms.Damage()
		m, err := ms.Newest()
		if err != nil {
			return
		}
		crown, err := boltfile.NewCrown(src, m)
		if err == nil {
			crown.Locate(src, 0)
		}
		r, err := boltfile.NewReader(src, m, nil)
		if err != nil {
			return
		}
		census, err := boltfile.NewCensus(r, m)
		if err != nil {
			return
		}
		for _, name := range []string{"tall", "wide", "small"} {
			if b := r.Bucket([]byte(name)); b != nil {
				leaves := uint64(0)
				b.Walk(nil, func(l *boltfile.Leaf) bool { census.Add(l); leaves++; return leaves <= 10*m.Pages }, func(*boltfile.Damage) {})
				if leaves > 10*m.Pages {
					t.Fatalf("%s: more than %d leaves, and there are %d pages", name, leaves, m.Pages)
				}
				_ = b.Vouch([]byte("key 7"), true)
			}
		}
		_ = census.Compare(src)
	})
}
