package boltfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
)

// The first two pages of a file are its meta pages: bbolt writes them in turn, and
// the one with the higher transaction and a good checksum counts. Behind the
// header of a page follow
//
//	magic 4, version 4, page size 4, flags 4
//	root page 8, sequence 8, list of free pages 8, count of pages 8, transaction 8
//	checksum 8, FNV-1a of the 64 bytes before
//
// All of it lies in the first sector of the page.
const (
	metaAt    = headerBytes
	metaBytes = 64
	metaEnd   = metaAt + metaBytes

	boltMagic   = 0xED0CDAED
	boltVersion = 2

	// NoFreelist stands for the list of free pages when there is none.
	NoFreelist = ^uint64(0)
)

// Meta says where the tree of a transaction begins.
type Meta struct {
	Txid, Root, Freelist uint64
	Pages                uint64 // the file has so many
	// Sum is that of the crown, if the process that committed the transaction
	// lived to note it.
	Sum   uint64
	Noted bool
}

// MetaPage is what became of a meta page.
type MetaPage int

const (
	// Good is a page with a good checksum.
	Good MetaPage = iota
	// Blank is a page of zeros: a commit that failed was taken back.
	Blank
	// Flipped is a page that one other bit would make good. No write that was cut
	// short leaves that, as the disk writes a sector whole or not at all.
	Flipped
	// Bad is any other.
	Bad
)

// Metas are both meta pages of a file. Of one that is Flipped the Meta is what it
// was before.
type Metas struct {
	State [2]MetaPage
	Meta  [2]Meta
	pages [2][PageBytes]byte
}

// ReadMeta reads the meta page of a transaction, which must be the last one or the
// one before.
func ReadMeta(src io.ReaderAt, txid uint64) (*Meta, error) {
	at := int64(txid%2) * PageBytes
	b, err := part(src, at, metaEnd)
	if err != nil {
		return nil, &Damage{Offset: at, Reason: fmt.Sprintf("meta page %d cannot be read: %v", txid%2, unplaced(err))}
	}
	m := decodeMeta(b[metaAt:])
	if !metaGood(b[metaAt:]) || m.Txid != txid {
		return nil, &Damage{Offset: at, Reason: fmt.Sprintf("meta page %d is not that of the last transaction", txid%2)}
	}
	return &m, nil
}

// ReadMetas reads the meta pages of a file. What a short file lacks is Bad.
func ReadMetas(src io.ReaderAt) (*Metas, error) {
	var ms Metas
	for i := range ms.pages {
		page := ms.pages[i][:]
		if _, err := src.ReadAt(page, int64(i)*PageBytes); err != nil && !errors.Is(err, io.EOF) {
			return nil, &Damage{Offset: int64(i) * PageBytes, Reason: fmt.Sprintf("meta page %d cannot be read: %v", i, unplaced(err))}
		}
		meta := bytes.Clone(page[metaAt:metaEnd])
		ms.State[i] = Bad
		switch {
		case metaGood(meta):
			ms.State[i] = Good
		case bytes.Equal(page, make([]byte, PageBytes)):
			ms.State[i] = Blank
		case mend(meta):
			ms.State[i] = Flipped
		}
		ms.Meta[i] = decodeMeta(meta)
		ms.Meta[i].Sum, ms.Meta[i].Noted = decodeNote(page[noteAt:], ms.Meta[i].Txid)
	}
	return &ms, nil
}

// Newest returns the meta page that counts. The error is a *Damage when there is
// none, or when it is one that was damaged after it had been written.
func (ms *Metas) Newest() (*Meta, error) {
	newest := -1
	for i, state := range ms.State {
		if (state == Good || state == Flipped) && (newest < 0 || ms.Meta[i].Txid > ms.Meta[newest].Txid) {
			newest = i
		}
	}
	if newest < 0 {
		return nil, &Damage{Offset: 0, Reason: "both meta pages are damaged: invalid database"}
	}
	if ms.State[newest] == Flipped {
		return nil, ms.damage(newest, "the newest meta page is damaged by a flipped bit, and what was committed last would be missing")
	}
	return &ms.Meta[newest], nil
}

// Damage returns what is wrong with the meta pages, also where it does no harm. A
// page that a power cut may have left half written is not damaged.
func (ms *Metas) Damage() []*Damage {
	var all []*Damage
	for i, state := range ms.State {
		page := ms.pages[i][:]
		want := [headerBytes]byte{0: byte(i), 8: kindMeta}
		note := page[noteAt : noteAt+noteBytes]
		switch {
		case state == Blank || state == Bad:
		case state == Flipped:
			all = append(all, ms.damage(i, "meta page %d is damaged by a flipped bit", i))
		case !bytes.Equal(page[:headerBytes], want[:]):
			all = append(all, ms.damage(i, "the header of meta page %d is damaged", i))
		case !zero(page[metaEnd:noteAt]) || !zero(page[noteAt+noteBytes:]) || !zero(note) && !noteGood(note):
			all = append(all, ms.damage(i, "the unused rest of meta page %d is damaged", i))
		}
	}
	return all
}

func (ms *Metas) damage(i int, format string, args ...any) *Damage {
	return &Damage{Offset: int64(i) * PageBytes, Reason: fmt.Sprintf(format, args...)}
}

func zero(b []byte) bool { return len(bytes.TrimLeft(b, "\x00")) == 0 }

// metaGood reports whether bbolt would take a meta page.
func metaGood(b []byte) bool {
	sum := fnv.New64a()
	sum.Write(b[:metaBytes-8])
	return binary.LittleEndian.Uint64(b[metaBytes-8:]) == sum.Sum64() &&
		binary.LittleEndian.Uint32(b) == boltMagic && binary.LittleEndian.Uint32(b[4:]) == boltVersion
}

// mend flips the one bit that makes b good, if there is one.
func mend(b []byte) bool {
	for i := range 8 * len(b) {
		b[i/8] ^= 1 << (i % 8)
		if metaGood(b) {
			return true
		}
		b[i/8] ^= 1 << (i % 8)
	}
	return false
}

func decodeMeta(b []byte) Meta {
	number := func(i int) uint64 { return binary.LittleEndian.Uint64(b[i:]) }
	return Meta{Root: number(16), Freelist: number(32), Pages: number(40), Txid: number(48)}
}
