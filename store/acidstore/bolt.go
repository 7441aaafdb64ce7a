package acidstore

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"
)

const (
	pageBytes = 4096
	// mapBytes is how much address space a shard's file is given at first. A file
	// that outgrows its map is mapped again, for which readers wait.
	mapBytes = 1 << 30
	// lockPatience is how long bbolt's own lock on a file is waited for; ours on
	// the directory comes first, so nobody should hold it.
	lockPatience = time.Second
)

// openBolt opens the shard file name below dir. bbolt makes a file that is missing
// or empty into an empty database, which for us would be the silent loss of a
// shard: probe comes before, unless the file is to be made.
func openBolt(dir, name string) (*bolt.DB, error) {
	path := filepath.Join(dir, filepath.FromSlash(name))
	var db *bolt.DB
	err := guard(func() (err error) {
		db, err = bolt.Open(path, 0o640, &bolt.Options{
			PageSize:        pageBytes,
			InitialMmapSize: mapBytes,
			FreelistType:    bolt.FreelistMapType,
			NoFreelistSync:  true,
			NoGrowSync:      true, // makeRoom extends the file
			Timeout:         lockPatience,
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	// We extend the file. What bbolt adds has no blocks behind it, so it should
	// add no more than it needs.
	db.AllocSize = 0
	return db, nil
}

// probe looks whether a file can be read. After a crash bbolt goes over all pages
// to find the free ones, in a goroutine of its own, where a damaged page would end
// the process: so that is done here before.
func probe(dir, name string) error {
	path := filepath.Join(dir, filepath.FromSlash(name))
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		return errors.New("the file is empty")
	}
	return guard(func() (err error) {
		db, err := bolt.Open(path, 0o640, &bolt.Options{ReadOnly: true, PageSize: pageBytes, Timeout: lockPatience})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, db.Close()) }()
		return db.View(func(tx *bolt.Tx) error { return readable(tx, info.Size()) })
	})
}

// readable goes over all keys of a file of the given size, unless it was closed in
// order and has its list of free pages.
func readable(tx *bolt.Tx, size int64) error {
	if tx.Size() > size {
		return fmt.Errorf("%w: it ends at byte %d, want at least %d", errDamaged, size, tx.Size())
	}
	if about := tx.Bucket(aboutBucket); about == nil || about.Get(wholeKey) != nil {
		return nil
	}
	return tx.ForEach(func(_ []byte, b *bolt.Bucket) error {
		c := b.Cursor()
		var last []byte
		for k, _ := c.First(); k != nil; k, _ = c.Next() {
			if last != nil && bytes.Compare(last, k) >= 0 {
				return fmt.Errorf("%w: keys are out of order", errDamaged)
			}
			last = k
		}
		return nil
	})
}

// update runs f in a transaction and commits it. When bbolt itself takes back what
// has panicked, as DB.Update would let it, it goes over all pages in a goroutine of
// its own, where the page that was the cause would end the process.
func update(db *bolt.DB, f func(*bolt.Tx) error) error {
	return guard(func() error {
		tx, err := db.Begin(true)
		if err != nil {
			return err
		}
		defer tx.Rollback() // does nothing after a commit
		if err := f(tx); err != nil {
			return err
		}
		return tx.Commit()
	})
}

// takeBack hides what a failed commit may have written: nobody was told of it, so
// nobody may see it before the next start finds out whether it is there. Without
// its meta page the other one counts.
func (sh *shard) takeBack(meta int) {
	f, err := sh.store.fs.OpenWrite(sh.file)
	if err == nil {
		_, err = f.WriteAt(zeros[:pageBytes], int64(meta)*pageBytes)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		sh.store.log.Error().Err(err).Str("shard", sh.file).Msg("what a failed commit has written may be seen")
	}
}

// errDamaged wraps what bbolt says, or panics with, about a file it cannot read.
var errDamaged = errors.New("the file is damaged")

// guard runs f. bbolt trusts the pages that it maps: a damaged one makes it panic,
// and a file that was cut short makes the processor fault. Both become errors.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errDamaged, p)
		}
	}()
	return f()
}
