package acidstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore/internal/boltfile"
)

// A Region is a part of a shard file.
type Region struct {
	From, To int64
	// Node is where the page begins that the region belongs to, and End where that
	// and those end that follow as its part.
	Node, End int64
	Kind      RegionKind
	// Stream is the one whose own value this is.
	Stream string
}

// RegionKind says what a region is for.
type RegionKind string

// The kinds of regions.
const (
	MetaRegion      RegionKind = "meta page"
	StructureRegion RegionKind = "structure"
	HeaderRegion    RegionKind = "header of a leaf"
	KindRegion      RegionKind = "kind of an entry"
	ValueRegion     RegionKind = "keys and values"
	RestRegion      RegionKind = "unused rest"
	FreeRegion      RegionKind = "free pages"
)

// Regions takes a shard file apart. It trusts the file.
func Regions(path string) (all []Region, err error) {
	src, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return nil, err
	}
	f := &checked{boltFile: boltFile{src: src, size: info.Size()}, examiner: newExaminer(context.Background(), path, store.ScrubOptions{})}
	if err := f.structure(); err != nil {
		return nil, err
	}
	page := func(id uint64, kind RegionKind) error {
		at := int64(id) * pageBytes
		var b [pageBytes]byte
		if _, err := src.ReadAt(b[:], at); err != nil {
			return err
		}
		used := at + pageBytes
		if kind != FreeRegion {
			used = at + int64(len(bytes.TrimRight(b[:], "\x00")))
		}
		all = append(all, Region{From: at, To: used, Node: at, End: at + pageBytes, Kind: kind},
			Region{From: used, To: at + pageBytes, Node: at, End: at + pageBytes, Kind: RestRegion})
		return nil
	}
	for i := range uint64(2) {
		if err := page(i, MetaRegion); err != nil {
			return nil, err
		}
	}
	err = f.view(func(r *boltfile.Reader) error {
		owners := make(map[uint64]string)
		err := each(r, namesBucket, nil, func(k, id []byte) (bool, error) {
			owners[binary.LittleEndian.Uint64(id)] = string(k)
			return true, nil
		})
		for _, b := range buckets {
			r.Bucket(b).Walk(nil, func(l *boltfile.Leaf) bool {
				f.census.Add(l)
				all = append(all, leafRegions(b, l, owners)...)
				return true
			}, func(d *boltfile.Damage) { err = d })
		}
		return err
	})
	covered := make(map[int64]bool)
	for _, g := range all {
		for at := g.Node; at < g.End; at += pageBytes {
			covered[at/pageBytes] = true
		}
	}
	for id := uint64(2); id < f.meta.Pages; id++ {
		if covered[int64(id)] {
			continue
		}
		kind := FreeRegion
		if f.census.Used(id) || id == f.meta.Freelist {
			kind = StructureRegion
		}
		if err := page(id, kind); err != nil {
			return nil, err
		}
	}
	return all, err
}

// leafRegions takes a leaf apart. Those within a larger page are left out: it is
// structure as a whole.
func leafRegions(bucket []byte, l *boltfile.Leaf, owners map[uint64]string) (all []Region) {
	if l.Page()%pageBytes != 0 {
		return nil
	}
	first := l.Offset(0)
	if k, err := l.Key(0); err == nil {
		first -= int64(len(k))
	}
	last := l.Offset(l.Len()-1) + l.ValueBytes(l.Len()-1)
	end := (last + pageBytes - 1) / pageBytes * pageBytes
	region := func(from, to int64, kind RegionKind, stream string) {
		if from < to {
			all = append(all, Region{from, to, l.Page(), end, kind, stream})
		}
	}
	region(l.Page(), l.Page()+16, HeaderRegion, "")
	region(l.Page()+16, first, StructureRegion, "")
	for i := range l.Len() {
		k, err := l.Key(i)
		if err != nil {
			continue
		}
		at := l.Offset(i)
		stream, begin := "", at-int64(len(k))
		if isBucket(bucket, streamsBucket) {
			stream = owners[keyID(k)]
			region(begin, begin+idBytes, ValueRegion, "")
			region(begin+idBytes, begin+idBytes+1, KindRegion, "")
			begin += idBytes + 1
		}
		region(begin, at, ValueRegion, "")
		region(at, at+l.ValueBytes(i), ValueRegion, stream)
	}
	region(last, end, RestRegion, "")
	return all
}
