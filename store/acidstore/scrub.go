package acidstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore/internal/boltfile"
)

// How much one transaction of a scrub verifies. Between two of them pages that
// were freed can be used again.
const (
	scrubKeys  = 1024
	scrubBytes = 4 << 20
)

// Scrub implements store.Store. It reads the file, and not what memory has of it:
// every page that is in use, the checksum of every value that leads to a stream or
// belongs to one, and whether the bytes of each stream are all there.
func (s *Store) Scrub(ctx context.Context, o store.ScrubOptions) error {
	for _, sh := range s.shards {
		x := newExaminer(ctx, sh.file, o)
		x.view, x.gone = sh.viewFile, x.isGone
		x.inUse(sh)
		if err := x.all(); err != nil {
			return err
		}
	}
	return nil
}

// examiner goes through one shard.
type examiner struct {
	ctx  context.Context
	file string
	o    store.ScrubOptions
	view func(func(*boltfile.Reader) error) error
	// gone reports whether the stream of this name is another one by now, or none.
	gone func(name string, id uint64) bool

	// Of a file that nobody writes, all values are verified and all pages counted.
	census *boltfile.Census

	bytes int            // read since the last pause
	seen  map[int64]bool // the places that were reported
	found int            // how many reports there were
}

func newExaminer(ctx context.Context, file string, o store.ScrubOptions) *examiner {
	return &examiner{ctx: ctx, file: file, o: o, seen: make(map[int64]bool)}
}

// damage reports what is wrong at a place, unless that was said already.
func (x *examiner) damage(stream string, err error) {
	at := placeOf(err)
	if stream == "" && x.seen[at] {
		return
	}
	if at >= 0 {
		x.seen[at] = true
	}
	x.found++
	if x.o.Report != nil {
		x.o.Report(*damagedIn(x.file, stream, err))
	}
	if d, ok := errors.AsType[*boltfile.Damage](err); ok && d.Above > 0 {
		x.damage("", &boltfile.Damage{Offset: d.Above, Reason: "it leads to a page that is damaged, or to the wrong one"})
	}
}

// pause lets others have the disk.
func (x *examiner) pause() error {
	if x.o.Pace != nil && x.bytes > 0 {
		if err := x.o.Pace(x.ctx, x.bytes); err != nil {
			return err
		}
	}
	x.bytes = 0
	return x.ctx.Err()
}

// inUse looks at the meta pages of a file that is in use, and at its list of free
// pages. A page that is being written can look damaged for a moment.
func (x *examiner) inUse(sh *shard) {
	if err := sh.crown.VouchFreelist(sh.pages); err != nil {
		x.damage("", err)
	}
	const looks = 3
	var last []*boltfile.Damage
	for range looks {
		ms, err := boltfile.ReadMetas(sh.pages)
		if err != nil {
			x.damage("", err)
			return
		}
		if last = ms.Damage(); len(last) == 0 {
			return
		}
	}
	for _, d := range last {
		x.damage("", d)
	}
}

// all goes through all buckets. Streams are found by their names.
func (x *examiner) all() error {
	for _, b := range [][]byte{aboutBucket, dueBucket, forksBucket, sourcesBucket, trashBucket, journalBucket, namesBucket, streamsBucket} {
		if err := x.bucket(b); err != nil {
			return err
		}
	}
	return nil
}

// bucket goes through a bucket, a part at a time.
func (x *examiner) bucket(bucket []byte) error {
	for from, more := []byte(nil), true; more; {
		var names []string
		err := x.view(func(r *boltfile.Reader) error {
			names, from, more = x.part(r, bucket, from)
			return nil
		})
		if err != nil {
			x.damage("", err)
			return nil
		}
		for _, name := range names {
			if err := x.stream(name); err != nil {
				return err
			}
		}
		if err := x.pause(); err != nil {
			return err
		}
	}
	return nil
}

// part verifies a part of a bucket and returns the key to go on with. Of names it
// returns those that are well.
func (x *examiner) part(r *boltfile.Reader, bucket, from []byte) (names []string, next []byte, more bool) {
	keys, size := 0, 0
	leaf := func(l *boltfile.Leaf) bool {
		if err := l.ZeroRest(); err != nil {
			x.damage("", err)
		}
		if x.census != nil {
			if d := x.census.Add(l); d != nil {
				x.damage("", d)
			}
		}
		for i := range l.Len() {
			name, n := x.value(bucket, l, i)
			if name != "" {
				names = append(names, name)
			}
			size += n
		}
		keys += l.Len()
		next, more = l.Bound, l.Bound != nil
		return keys < scrubKeys && size < scrubBytes
	}
	r.Bucket(bucket).Walk(from, leaf, func(d *boltfile.Damage) {
		x.damage("", d)
		next, more = d.Next, d.Next != nil
	})
	x.bytes += size
	return names, next, more
}

// value verifies a value, and returns its name if it is one of those, and how much
// was read.
func (x *examiner) value(bucket []byte, l *boltfile.Leaf, i int) (name string, read int) {
	k, err := l.Key(i)
	if err == nil && isBucket(bucket, streamsBucket) && x.census == nil {
		return "", len(k) // verified together with its stream
	}
	var v []byte
	if err == nil {
		v, err = l.Value(i)
	}
	if err == nil {
		if _, err = unseal(bucket, k, v); err != nil {
			err = badValue(bucket, l, i, err)
		}
	}
	if isBucket(bucket, namesBucket) {
		name = string(k)
	}
	if err != nil {
		x.damage("", err)
		return "", len(k) + len(v)
	}
	return name, len(k) + len(v)
}

// stream verifies the state, the producers and the bytes of a stream. One that is
// deleted meanwhile is passed over.
func (x *examiner) stream(name string) error {
	var m store.Meta
	err := x.view(func(r *boltfile.Reader) error {
		id, err := lookUp(r, name)
		if err == nil {
			m, err = readMeta(r, id)
		}
		if err == nil && m.Name != name {
			err = fmt.Errorf("%w: the name leads to stream %q", errMalformed, m.Name)
		}
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		x.damage(name, err)
		return nil
	}
	for pos := m.Base(); pos < m.Tail; {
		err := x.view(func(r *boltfile.Reader) (err error) {
			pos, err = x.chunks(r, m.ID, pos, m.Tail)
			return err
		})
		if err != nil && x.gone != nil && x.gone(name, m.ID) {
			return nil
		}
		if err != nil {
			x.damage(name, err)
			return nil
		}
		if err := x.pause(); err != nil {
			return err
		}
	}
	return nil
}

// chunks goes over a part of a stream's chunks and returns the position that it has
// reached.
func (x *examiner) chunks(r *boltfile.Reader, id uint64, pos, tail int64) (reached int64, err error) {
	c := r.Bucket(streamsBucket).Cursor()
	at, ch, err := seekChunk(c, id, pos)
	if err == nil && at != pos {
		err = missingAt(c)
	}
	for size := 0; err == nil; {
		pos += int64(len(ch.bytes))
		size += len(ch.bytes)
		x.bytes += len(ch.bytes)
		if pos >= tail || size >= scrubBytes {
			return pos, nil
		}
		_, ch, err = nextChunk(c, id, pos)
	}
	return pos, err
}

// isGone looks the stream up again.
func (x *examiner) isGone(name string, id uint64) (gone bool) {
	_ = x.view(func(r *boltfile.Reader) error {
		now, err := lookUp(r, name)
		gone = errors.Is(err, store.ErrNotFound) || err == nil && now != id
		return nil
	})
	return gone
}
