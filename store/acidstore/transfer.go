package acidstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// A transfer copies the streams of some shards into new files.
//
// Of n shards and m new ones, those whose numbers leave the same rest when divided
// by the smaller of n and m are one transfer: the lowest bits of a name's hash say
// which shard it is in, so nothing leaves that circle.
//
// It goes bucket by bucket and in the order of the keys, merging the origins. So
// every new file grows at its end: leaves are written once and dense, and a
// transaction touches few of them however the streams lie in the origins. Values
// are copied as they are, since their checksums hold for bucket and key and not
// for the file, and every one is verified on the way.
type transfer struct {
	origins []*origin
	targets []*target
	shards  int // new ones, in all
	pace    pace

	// How much is done is told after every transaction.
	report func(streams, bytes int64)

	reading *origin // the one that is being read
	pending int     // bytes in open transactions
	streams int64   // copied
	bytes   int64   // copied
}

// copied are the buckets whose values go over. What leads to a file is made anew,
// journals are empty, and what deleted streams have left stays behind.
var copied = [][]byte{namesBucket, streamsBucket, dueBucket, forksBucket, sourcesBucket}

// entryBytes is about what a transaction needs in memory for one entry, besides
// its key and value.
const entryBytes = 128

// run copies everything and makes the targets durable. The origins stay as they
// are; of the targets nothing may be used after an error.
func (x *transfer) run(ctx context.Context) error {
	err := guard(func() error {
		defer x.rollback()
		return x.all(ctx)
	})
	if errors.Is(err, errDamaged) && x.reading != nil {
		return x.reading.damage("", nil, err)
	}
	return err
}

// close closes the targets.
func (x *transfer) close() error {
	var errs []error
	for _, t := range x.targets {
		errs = append(errs, t.close())
	}
	return errors.Join(errs...)
}

// rollback gives up the transactions that are open.
func (x *transfer) rollback() {
	for _, o := range x.origins {
		o.rollback()
	}
	for _, t := range x.targets {
		t.rollback()
	}
}

func (x *transfer) all(ctx context.Context) error {
	want := int64(0)
	for _, o := range x.origins {
		x.reading = o
		if err := o.begin(); err != nil {
			return err
		}
		want += o.sh.count.Load()
	}
	for _, b := range copied {
		if err := x.bucket(ctx, b); err != nil {
			return err
		}
	}
	sequences := x.sequences()
	x.reading = nil
	found := int64(0)
	for _, t := range x.targets {
		if err := t.finish(ctx, sequences); err != nil {
			return err
		}
		found += t.streams()
	}
	// The names led to all of these, and each of them had a name that led to it.
	if found != want || x.streams != want {
		return fmt.Errorf("%s: it is said to hold %d streams, %d have a name and %d a state: "+
			"restore the whole data directory from a backup", x.files(), want, found, x.streams)
	}
	x.report(x.streams, x.bytes)
	return cut(ctx)
}

// sequences returns the sequences of the new files' buckets, which give no number
// again. The highest identity is the highest of all shards, so it stays known.
func (x *transfer) sequences() map[string]uint64 {
	highest := make(map[string]uint64)
	for _, o := range x.origins {
		for _, b := range buckets {
			highest[string(b)] = max(highest[string(b)], o.tx.Bucket(b).Sequence())
		}
	}
	return highest
}

// files names the origins.
func (x *transfer) files() string {
	if len(x.origins) == 1 {
		return x.origins[0].sh.file
	}
	return fmt.Sprintf("%s and %d more", x.origins[0].sh.file, len(x.origins)-1)
}

// bucket copies one bucket of all origins.
func (x *transfer) bucket(ctx context.Context, bucket []byte) error {
	for _, o := range x.origins {
		x.reading = o
		o.enter(bucket)
	}
	for o := x.least(); o != nil; o = x.least() {
		x.reading = o
		if err := x.move(bucket, o); err != nil {
			return err
		}
		o.key, o.value = o.cursor.Next()
		if x.pending < x.pace.bytes {
			continue
		}
		if err := x.flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

// least returns the origin with the lowest key, or nil at the end of all.
func (x *transfer) least() *origin {
	var least *origin
	for _, o := range x.origins {
		if o.key != nil && (least == nil || bytes.Compare(o.key, least.key) < 0) {
			least = o
		}
	}
	return least
}

// move copies the entry that an origin is at.
func (x *transfer) move(bucket []byte, o *origin) error {
	stream, err := o.owner(bucket)
	if err != nil || stream.gone {
		return err
	}
	if _, err := unseal(bucket, o.key, o.value); err != nil {
		return o.damage(stream.name, o.value, fmt.Errorf("%s: %w", bucket, err))
	}
	if shardOf(stream.name, o.shards) != o.sh.index {
		return o.damage(stream.name, nil, errors.New("the stream belongs to another shard"))
	}
	// The numbers of the targets are as far apart as there are transfers.
	transfers := x.shards / len(x.targets)
	t := x.targets[shardOf(stream.name, x.shards)/transfers]
	if err := t.add(bucket, o.key, o.value); err != nil {
		return err
	}
	if isState(bucket, o.key) {
		x.streams++
	}
	n := len(o.key) + len(o.value)
	x.bytes += int64(n)
	x.pending += n + entryBytes
	return nil
}

// isState reports whether a key is the one that every stream has exactly once.
func isState(bucket, key []byte) bool {
	return isBucket(bucket, streamsBucket) && len(key) == idBytes+1 && key[idBytes] == kindState
}

// flush commits what is open, unless the caller has ended the work.
func (x *transfer) flush(ctx context.Context) error {
	if err := cut(ctx); err != nil {
		return err
	}
	for _, t := range x.targets {
		if err := t.commit(); err != nil {
			return err
		}
	}
	x.pending = 0
	x.report(x.streams, x.bytes)
	return nil
}
