package acidstore

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	bolt "go.etcd.io/bbolt"

	"github.com/weirstreams/weir/store"
)

// The file is extended with zeros ahead of need, so that a sync finds the blocks
// in place and a full disk is met before a transaction, not within it.
const (
	minGrowth = 1 << 20
	maxGrowth = 16 << 20
	// growthPart is the eighth of the file by which it grows, within these bounds.
	growthPart = 8
)

// An estimate, on the large side, of the pages that a transaction may add to a
// file without free pages: those that every one touches, those of one more
// stream, and for each byte.
const (
	roomBase      = 32 * pageBytes
	roomPerStream = 12 * pageBytes
	roomPerByte   = 2
	// roomReserve is left by what makes a file larger, for the deletions that make
	// room on a full disk.
	roomReserve = 128 * pageBytes
)

// zeros is what files grow by.
var zeros [256 << 10]byte

// makeRoom extends the file when the transaction may need it.
func (sh *shard) makeRoom(tx *bolt.Tx) error {
	need := int64(roomBase)
	grows := false
	for _, s := range sh.writer.steps {
		if s.err != nil {
			continue
		}
		need += roomPerStream + roomPerByte*int64(s.bytes)
		grows = grows || s.grows()
	}
	if sh.writer.folding {
		need += roomPerByte * sh.writer.journal
		grows = true
	}
	if grows {
		need += roomReserve
	}
	sh.makeWay(tx.Size() + need)
	room := sh.size.Load() - tx.Size()
	if room >= need {
		return nil
	}
	err := sh.grow(need - room)
	if err == nil || !isFull(err) {
		return err
	}
	// What adds nothing has the pages that others have freed.
	if free := int64(sh.db.Stats().FreePageN) * pageBytes; !grows && room+free >= need {
		return nil
	}
	return fmt.Errorf("%w: %w", store.ErrNoSpace, err)
}

// grow writes at least n bytes of zeros behind the file's end.
func (sh *shard) grow(n int64) error {
	f, err := sh.store.fs.OpenWrite(sh.file)
	if err != nil {
		return fmt.Errorf("grow %s: %w", sh.file, err)
	}
	defer f.Close()
	// A transaction that needed more than was foreseen has made bbolt extend the
	// file: behind the size that is known there may be pages.
	size, err := f.Size()
	if err != nil {
		return fmt.Errorf("grow %s: %w", sh.file, err)
	}
	n = max(n, min(max(size/growthPart, minGrowth), maxGrowth))
	for end := size; end < size+n; {
		k, err := f.WriteAt(zeros[:min(int64(len(zeros)), size+n-end)], end)
		if err != nil {
			return fmt.Errorf("grow %s: %w", sh.file, err)
		}
		end += int64(k)
	}
	if err := f.Sync(); err != nil {
		return sh.fail(fmt.Errorf("grow %s: %w", sh.file, err))
	}
	sh.size.Store(size + n)
	return nil
}

// isFullWrite reports whether a commit has met a full disk while it wrote pages,
// because it needed more than was foreseen. Nothing leads to these pages yet, and
// no sync has failed, so the shard is whole.
func isFullWrite(err error) bool {
	var p *fs.PathError
	return isFull(err) && errors.As(err, &p) && p.Op == "write"
}

func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
