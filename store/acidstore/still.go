package acidstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	bolt "go.etcd.io/bbolt"

	"github.com/weirstreams/weir/store"
)

// metaPages is how many pages a file begins with that are written in place. All
// others are written anew, elsewhere, before a transaction leads to them.
const metaPages = 2

// still is a shard as it was at one instant. A transaction keeps its pages from
// being used again until it is let go: by whoever copies the shard, or by the
// writer when it needs what the transaction is in the way of.
type still struct {
	sh   *shard
	size int64
	meta []byte // the first pages; those in the file have moved on
	room int64  // the size that the file can have without being mapped again

	tx   *bolt.Tx
	gone atomic.Bool // the transaction has ended, or is ending
	once sync.Once   // ends it
}

// standStill notes what the shard is now, while it commits nothing.
func (sh *shard) standStill() (*still, error) {
	st := &still{sh: sh, meta: make([]byte, metaPages*pageBytes)}
	err := guard(func() (err error) {
		st.tx, _, err = sh.beginView()
		return err
	})
	if err != nil {
		return nil, damagedIn(sh.file, "", err)
	}
	if _, err := sh.pages.ReadAt(st.meta, 0); err != nil {
		st.letGo()
		return nil, fmt.Errorf("read %s: %w", sh.file, err)
	}
	st.size = st.tx.Size()
	// The file may have been mapped again since it was opened, in whole steps.
	st.room = max(sh.mapped, (st.size+mapStep-1)/mapStep*mapStep)
	sh.still.Store(st)
	return st, nil
}

// close ends what standStill has begun.
func (st *still) close() {
	st.sh.still.Store(nil)
	st.letGo()
}

// letGo ends the transaction: from now on the file is not what it was.
func (st *still) letGo() {
	st.once.Do(func() {
		st.gone.Store(true)
		_ = st.tx.Rollback() // of what has only been read
	})
}

// makeWay lets go of the transaction of a backup when the file is to have such a
// size that it would have to be mapped again: bbolt waits for all transactions
// before it does that, and everybody for bbolt. As little is foreseen exactly,
// that happens early.
func (sh *shard) makeWay(size int64) {
	const early = 64 << 20
	if st := sh.still.Load(); st != nil && size+early >= st.room {
		st.letGo()
	}
}

// ReadAt implements io.ReaderAt for the file as it was. What was read counts if the
// transaction is still there afterwards.
func (st *still) ReadAt(p []byte, off int64) (n int, err error) {
	if off < int64(len(st.meta)) {
		n = copy(p, st.meta[off:])
	}
	if n < len(p) {
		var more int
		more, err = st.sh.pages.ReadAt(p[n:], off+int64(n))
		n += more
	}
	if st.gone.Load() {
		return 0, st.outgrown()
	}
	return n, err
}

// outgrown is the error of a copy whose transaction was let go.
func (st *still) outgrown() error {
	return fmt.Errorf("copy %s: %w", st.sh.file, store.ErrOutgrown)
}

// reader returns a reader of the file as it was.
func (st *still) reader() io.Reader { return io.NewSectionReader(st, 0, st.size) }

// verify looks at all pages and all values, as Check does, and returns the first
// damage.
func (st *still) verify(ctx context.Context) error {
	var first *store.CorruptionError
	looking, stop := context.WithCancel(ctx)
	defer stop()
	x := newExaminer(looking, st.sh.file, store.ScrubOptions{Report: func(d store.CorruptionError) {
		if stop(); first == nil {
			first = &d
		}
	}})
	f := &checked{boltFile: boltFile{src: st, size: st.size}, examiner: x}
	err := f.structure()
	if err == nil {
		err = x.all()
	}
	if err == nil && x.found == 0 {
		err = x.census.Compare(st)
	}
	switch {
	case st.gone.Load():
		return st.outgrown()
	case first != nil:
		return first
	case err != nil && !errors.Is(err, context.Canceled):
		return damagedIn(st.sh.file, "", err)
	}
	return context.Cause(ctx)
}
