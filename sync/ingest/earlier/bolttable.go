package earlier

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
)

// boltTable is a table in a file of bbolt. Two buckets:
//
//	streams: name → number 8 | mark 48
//	blocks:  see block.go; the number of a stream stands for its name
//
// It never syncs: see openSealed for what that needs. Digests are spread evenly, so a
// large change reaches all blocks. It is cut into small transactions for that: the
// pages of each are reused by the next one, and the file hardly grows by them.
type boltTable struct {
	db  *bbolt.DB
	dir string
}

var _ table = (*boltTable)(nil)

const (
	rewritesPerTx = 64   // blocks, each of which costs some 12 KiB of memory
	deletesPerTx  = 1024 // blocks
	lockTimeout   = time.Second
)

var (
	streamsBucket = []byte("streams")
	blocksBucket  = []byte("blocks")
)

func openBolt(dir string) (*boltTable, error) {
	db, err := bbolt.Open(filepath.Join(dir, databaseName), 0o600, &bbolt.Options{
		NoSync: true, NoGrowSync: true, FreelistType: bbolt.FreelistMapType, Timeout: lockTimeout,
	})
	if err != nil {
		return nil, err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		if _, err := tx.CreateBucketIfNotExists(streamsBucket); err != nil {
			return err
		}
		_, err := tx.CreateBucketIfNotExists(blocksBucket)
		return err
	})
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return &boltTable{db: db, dir: dir}, nil
}

func (t *boltTable) close(keep bool) error {
	if err := t.db.Close(); err != nil || !keep {
		return err
	}
	return seal(t.dir)
}

// lookUp returns a stream's number and mark. Numbers begin at 1: 0 is for none.
func lookUp(tx *bbolt.Tx, stream string) (uint64, mark) {
	v := tx.Bucket(streamsBucket).Get([]byte(stream))
	if len(v) != 8+markBytes {
		return 0, mark{}
	}
	return binary.BigEndian.Uint64(v), readMark(v[8:])
}

func (t *boltTable) mark(stream string) (m mark, err error) {
	err = t.db.View(func(tx *bbolt.Tx) error {
		_, m = lookUp(tx, stream)
		return nil
	})
	return m, err
}

func (t *boltTable) find(stream string, d digest) (at int64, err error) {
	at = gone
	err = t.db.View(func(tx *bbolt.Tx) error {
		if number, _ := lookUp(tx, stream); number != 0 {
			b := locate(tx.Bucket(blocksBucket).Cursor(), number, d)
			at = findEntry(b.entries, d)
		}
		return nil
	})
	return at, err
}

func (t *boltTable) each(stream string, f func(change)) error {
	return t.db.View(func(tx *bbolt.Tx) error {
		number, _ := lookUp(tx, stream)
		prefix := binary.BigEndian.AppendUint64(nil, number)
		c := tx.Bucket(blocksBucket).Cursor()
		for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
			for i := range entries(v) {
				f(entry(v, i))
			}
		}
		return nil
	})
}

func (t *boltTable) apply(stream string, changes []change, m mark) error {
	for done := false; !done; {
		err := t.db.Update(func(tx *bbolt.Tx) error {
			number, old := lookUp(tx, stream)
			if number == 0 {
				var err error
				if number, err = tx.Bucket(streamsBucket).NextSequence(); err != nil {
					return err
				}
			}
			n, err := applySome(tx.Bucket(blocksBucket), number, changes)
			if err != nil {
				return err
			}
			if changes = changes[n:]; len(changes) == 0 {
				old, done = m, true
			}
			return putStream(tx, stream, number, old)
		})
		if err != nil {
			return fmt.Errorf("write the key index: %w", err)
		}
	}
	return nil
}

func putStream(tx *bbolt.Tx, stream string, number uint64, m mark) error {
	v := binary.BigEndian.AppendUint64(make([]byte, 0, 8+markBytes), number)
	return tx.Bucket(streamsBucket).Put([]byte(stream), m.append(v))
}

func (t *boltTable) forget(stream string) error {
	if err := t.clear(stream); err != nil {
		return err
	}
	known := false
	if err := t.db.View(func(tx *bbolt.Tx) error {
		known = tx.Bucket(streamsBucket).Get([]byte(stream)) != nil
		return nil
	}); err != nil || !known {
		return err
	}
	return t.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(streamsBucket).Delete([]byte(stream)) })
}

func (t *boltTable) clear(stream string) error {
	for {
		keys, err := t.someBlocks(stream)
		if err != nil || len(keys) == 0 {
			return err
		}
		err = t.db.Update(func(tx *bbolt.Tx) error {
			for _, k := range keys {
				if err := tx.Bucket(blocksBucket).Delete(k); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("clear the key index: %w", err)
		}
	}
}

// someBlocks returns keys of blocks of a stream, none if it has none.
func (t *boltTable) someBlocks(stream string) (keys [][]byte, err error) {
	err = t.db.View(func(tx *bbolt.Tx) error {
		number, _ := lookUp(tx, stream)
		prefix := binary.BigEndian.AppendUint64(nil, number)
		c := tx.Bucket(blocksBucket).Cursor()
		for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix) && len(keys) < deletesPerTx; k, _ = c.Next() {
			keys = append(keys, bytes.Clone(k))
		}
		return nil
	})
	return keys, err
}
