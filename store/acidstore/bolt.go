package acidstore

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"
	"unsafe"

	bolt "go.etcd.io/bbolt"

	"github.com/weirstreams/weir/store/acidstore/internal/boltfile"
)

const (
	pageBytes = 4096
	// mapStep is the least address space that a shard's file is given, and what it
	// is rounded up to.
	mapStep = 1 << 30
	// lockPatience is how long bbolt's own lock on a file is waited for; ours on
	// the directory comes first, so nobody should hold it.
	lockPatience = time.Second
)

// mapBytes is how much address space a file of this size is given when it is
// opened. A file that outgrows its map is mapped again, for which readers wait, so
// it may double before that.
func mapBytes(size int64) int64 { return max(2*size+mapStep-1, mapStep) / mapStep * mapStep }

// openBolt opens the shard file name below dir. bbolt makes a file that is missing
// or empty into an empty database, which for us would be the silent loss of a
// shard: inspect comes before, unless the file is to be made.
func openBolt(dir, name string) (*bolt.DB, error) {
	path := filepath.Join(dir, filepath.FromSlash(name))
	size := int64(0)
	if info, err := os.Stat(path); err == nil {
		size = info.Size()
	}
	var db *bolt.DB
	err := guard(func() (err error) {
		db, err = bolt.Open(path, 0o640, &bolt.Options{
			PageSize:        pageBytes,
			InitialMmapSize: int(mapBytes(size)),
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

// view runs f on the present state of the file. What f is given is only valid
// until it returns. f must be short: pages that were freed meanwhile are not used
// again before it ends.
func (sh *shard) view(f func(*boltfile.Reader) error) error {
	return sh.viewBy(boltfile.NewReader, f)
}

// viewFile is view, and nothing comes from memory.
func (sh *shard) viewFile(f func(*boltfile.Reader) error) error {
	return sh.viewBy(boltfile.ReadAnew, f)
}

// read is a way to read the tree of a shard.
type read func(src io.ReaderAt, m *boltfile.Meta, crown *boltfile.Crown) (*boltfile.Reader, error)

func (sh *shard) viewBy(read read, f func(*boltfile.Reader) error) error {
	return guard(func() error {
		sh.readers.Add(1)
		defer sh.readers.Add(-1)
		tx, r, err := sh.beginViewBy(read)
		if err != nil {
			return err
		}
		defer tx.Rollback() // which leaves nothing to take back
		defer r.Release()   // the pages that it has read are used again
		return f(r)
	})
}

// beginView begins a transaction that reads the file, and nothing from memory.
func (sh *shard) beginView() (tx *bolt.Tx, r *boltfile.Reader, err error) {
	return sh.beginViewBy(boltfile.ReadAnew)
}

// beginViewBy begins a transaction that reads, unless it is one of long ago: when
// its newest meta page is damaged, bbolt takes the other.
func (sh *shard) beginViewBy(read read) (tx *bolt.Tx, r *boltfile.Reader, err error) {
	sh.beginning.RLock()
	defer sh.beginning.RUnlock()
	last := sh.crown.Txid()
	if tx, err = sh.db.Begin(false); err != nil {
		return nil, nil, err
	}
	switch txid := uint64(tx.ID()); {
	case txid < last:
		err = lostMeta(last)
	case txid > last:
		// The writer has just committed, and may not have come to say so. When it
		// has committed once more meanwhile, it has.
		if err = sh.follow(txid); err != nil && sh.crown.Txid() >= txid {
			err = nil
		}
	}
	if err == nil {
		r, err = sh.readerOf(sh.pages, tx, read)
	}
	if err != nil {
		return nil, nil, errors.Join(err, tx.Rollback())
	}
	return tx, r, nil
}

// readerOf reads what a transaction reads that has changed nothing.
func (sh *shard) readerOf(src io.ReaderAt, tx *bolt.Tx, read read) (*boltfile.Reader, error) {
	m := &boltfile.Meta{Txid: uint64(tx.ID()), Root: uint64(tx.Cursor().Bucket().Root()), Pages: uint64(tx.Size() / pageBytes)}
	if tx.Writable() {
		m.Txid-- // it has changed nothing
	}
	r, err := read(src, m, sh.crown)
	if err != nil {
		return nil, err
	}
	return r, complete(r, m.Root)
}

// follow brings the crown to a transaction that the writer has just committed.
func (sh *shard) follow(txid uint64) error {
	m, err := boltfile.ReadMeta(sh.pages, txid)
	if err != nil {
		return err
	}
	return sh.crown.Follow(sh.pages, m, false)
}

// followOwn is follow, for the writer.
func (sh *shard) followOwn(txid uint64) error {
	m, err := boltfile.ReadMeta(sh.mapping(metaPages*pageBytes), txid)
	if err != nil {
		return err
	}
	return sh.crown.Follow(sh.mapping(int64(m.Pages)*pageBytes), m, sh.readers.Load() == 0)
}

// mapping is the file as bbolt sees it, up to a size that it had. It is for the
// writer, up to the next page that it allocates: bbolt maps a file anew only when
// the writer makes it larger. What the writer looks at here is what bbolt reads
// next, so nothing is in between, and no page is waited for that bbolt would not.
// Readers do not use it: one that waits for the disk in a fault holds a processor.
func (sh *shard) mapping(size int64) boltfile.Map {
	info := sh.db.Info()
	data := *(*unsafe.Pointer)(unsafe.Pointer(&info.Data)) // it never is in Go's heap
	return unsafe.Slice((*byte)(data), size)
}

func lostMeta(txid uint64) error {
	return &boltfile.Damage{Offset: int64(txid%2) * pageBytes, Reason: "the newest meta page is damaged, and what was committed last is missing"}
}

// update runs f in a transaction and commits it. base is the state before. When
// bbolt itself takes back what has panicked, as DB.Update would let it, it goes
// over all pages in a goroutine of its own, where the page that was the cause would
// end the process.
func (sh *shard) update(f func(tx *bolt.Tx, base *boltfile.Reader) error) error {
	return guard(func() error {
		tx, err := sh.db.Begin(true)
		if err != nil {
			return err
		}
		defer tx.Rollback() // does nothing after a commit
		txid := uint64(tx.ID())
		if last := sh.crown.Txid(); txid != last+1 {
			return lostMeta(last)
		}
		if err := sh.crown.VouchFreelist(sh.pages); err != nil {
			return err
		}
		base, err := sh.readerOf(sh.mapping(tx.Size()), tx, boltfile.ReadAnew)
		if err != nil {
			return err
		}
		if err := f(tx, base); err != nil {
			return err
		}
		begun := time.Now()
		if err := tx.Commit(); err != nil {
			return err
		}
		sh.store.syncTime.Since(begun)
		if err := sh.followOwn(txid); err != nil {
			return err
		}
		sh.note()
		return nil
	})
}

// note writes what the next start is to compare the file with. It is not synced:
// after a power cut there may be nothing to compare with.
func (sh *shard) note() {
	note, at := boltfile.Note(sh.crown.Sum())
	if _, err := sh.pages.WriteAt(note, at); err != nil {
		sh.store.log.Warn().Err(err).Str("shard", sh.file).Msg("cannot note the sum of a file's pages")
	}
}

// takeBack hides what a failed commit may have written: nobody was told of it, so
// nobody may see it before the next start finds out whether it is there. Without
// its meta page the other one counts.
func (sh *shard) takeBack(meta int) {
	sh.beginning.Lock()
	defer sh.beginning.Unlock()
	if sh.crown.Txid()%2 == uint64(meta) {
		sh.crown.Undo() // a reader was quick
	}
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

// offset is where in the file a value of a transaction of bbolt lies, or -1.
func (sh *shard) offset(value []byte) int64 {
	if len(value) == 0 {
		return -1
	}
	at := int64(uintptr(unsafe.Pointer(&value[0])) - sh.db.Info().Data)
	if at < 0 || at >= sh.size.Load() {
		return -1 // bbolt has copied it, as its place in a small bucket is not aligned
	}
	return at
}
