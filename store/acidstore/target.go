package acidstore

import (
	"context"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// target is a new shard file in the building folder.
type target struct {
	file string // relative to the data directory
	db   *bolt.DB
	tx   *bolt.Tx // nil while none is open
	put  map[string]*tally
}

// tally is what was put into a bucket.
type tally struct{ entries, bytes int64 }

// newTarget makes a file whose buckets are empty. It is to be closed.
func newTarget(dir string, r shardRecord) (*target, error) {
	t := &target{file: shardFile(building, r.index), put: make(map[string]*tally)}
	db, err := openBolt(dir, t.file)
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", t.file, err)
	}
	t.db = db
	// One sync at the end is enough for a file that counts for nothing before,
	// and the file is to be no larger than what is in it.
	db.NoSync, db.NoGrowSync = true, true
	if err := t.create(r); err != nil {
		return nil, errors.Join(fmt.Errorf("make %s: %w", t.file, err), t.close())
	}
	return t, nil
}

func (t *target) create(r shardRecord) error {
	if err := t.begin(); err != nil {
		return err
	}
	for _, b := range buckets {
		if _, err := t.tx.CreateBucket(b); err != nil {
			return err
		}
		t.put[string(b)] = new(tally)
	}
	return t.add(aboutBucket, shardKey, r.encode())
}

// begin opens a transaction unless one is open.
func (t *target) begin() (err error) {
	if t.tx == nil {
		t.tx, err = t.db.Begin(true)
	}
	return err
}

// add puts one value. It and the key must stay as they are until the commit.
func (t *target) add(bucket, key, value []byte) error {
	if err := t.begin(); err != nil {
		return fmt.Errorf("write %s: %w", t.file, err)
	}
	b := t.tx.Bucket(bucket)
	b.FillPercent = fillPercent
	if err := b.Put(key, value); err != nil {
		return fmt.Errorf("write %s: %w", t.file, err)
	}
	sum := t.put[string(bucket)]
	sum.entries++
	sum.bytes += int64(len(value))
	return nil
}

// streams is how many names the file has.
func (t *target) streams() int64 { return t.put[string(namesBucket)].entries }

// commit writes what was put, without a sync.
func (t *target) commit() error {
	if t.tx == nil {
		return nil
	}
	err := t.tx.Commit()
	t.tx = nil
	if err != nil {
		return fmt.Errorf("write %s: %w", t.file, err)
	}
	return nil
}

// rollback gives up an open transaction. Without it close would wait for ever.
func (t *target) rollback() {
	if t.tx != nil {
		_ = t.tx.Rollback() // the file is given up too
		t.tx = nil
	}
}

// finish completes the file, verifies it, and syncs it.
func (t *target) finish(ctx context.Context, sequences map[string]uint64) error {
	count := encodeNumber(aboutBucket, countKey, uint64(t.streams()))
	if err := t.add(aboutBucket, countKey, count); err != nil {
		return err
	}
	for _, b := range buckets {
		if err := t.tx.Bucket(b).SetSequence(sequences[string(b)]); err != nil {
			return fmt.Errorf("write %s: %w", t.file, err)
		}
	}
	// With the list of free pages, as an ordinary end leaves it.
	t.db.NoFreelistSync = false
	if err := t.commit(); err != nil {
		return err
	}
	if err := t.db.View(func(tx *bolt.Tx) error { return t.verify(ctx, tx) }); err != nil {
		return fmt.Errorf("verify %s: %w", t.file, err)
	}
	if err := t.db.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", t.file, err)
	}
	return nil
}

// verify compares what the file has with what was put.
func (t *target) verify(ctx context.Context, tx *bolt.Tx) error {
	for _, b := range buckets {
		var got tally
		err := tx.Bucket(b).ForEach(func(k, v []byte) error {
			if err := cut(ctx); err != nil {
				return err
			}
			got.entries++
			got.bytes += int64(len(v))
			_, err := unseal(b, k, v)
			return err
		})
		if err != nil {
			return fmt.Errorf("%s: %w", b, err)
		}
		if want := *t.put[string(b)]; got != want {
			return fmt.Errorf("%s: got %d entries of %d bytes, want %d of %d: the disk or the memory of this machine may be failing",
				b, got.entries, got.bytes, want.entries, want.bytes)
		}
	}
	return nil
}

// close closes the file, of which no transaction may be open.
func (t *target) close() error {
	t.rollback()
	if err := t.db.Close(); err != nil {
		return fmt.Errorf("close %s: %w", t.file, err)
	}
	return nil
}
