package acidstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// Compact writes every shard of the store in dir anew, without free pages, while
// no process has the store open. It returns the bytes that the files had before
// and have now.
//
// A file is replaced by one rename when its successor is complete, verified and
// synced, so whenever Compact is cut short every shard is whole; those that are
// done stay done. It needs room on the disk for one more shard. Errors are those
// of Reshard.
func Compact(ctx context.Context, dir string, o *OfflineOptions) (before, after int64, err error) {
	return compact(ctx, dir, vfs.OS(dir), usualPace(), o)
}

func compact(ctx context.Context, dir string, fsys vfs.FS, p pace, o *OfflineOptions) (before, after int64, err error) {
	w, err := newOffline(dir, fsys, p, o)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = w.end(err) }()
	if before, err = w.size(); err != nil {
		return 0, 0, err
	}
	if err := w.rewrite(ctx, before); err != nil {
		return before, before, fmt.Errorf("compact: %w", err)
	}
	if after, err = w.size(); err != nil {
		return before, before, err
	}
	w.log.Debug().Int64("before", before).Int64("after", after).Msg("compacted the shards")
	return before, after, nil
}

// size returns the bytes of all files of the generation that counts.
func (w *offline) size() (sum int64, err error) {
	for i := range w.now.shards {
		info, err := w.fs.Stat(w.now.file(i))
		if err != nil {
			return 0, fmt.Errorf("look at the shards: %w", err)
		}
		sum += info.Size()
	}
	return sum, nil
}

// rewrite replaces the files one after the other.
func (w *offline) rewrite(ctx context.Context, size int64) error {
	old, err := w.settle()
	if err != nil {
		return err
	}
	if err := w.removeOlder(w.older); err != nil {
		return err
	}
	if err := clearBuilding(w.fs); err != nil {
		return err
	}
	w.told.total = size
	done := int64(0)
	for i := range w.now.shards {
		n, err := w.rewriteShard(ctx, old, i, done)
		if err != nil {
			return err
		}
		done += n
	}
	return nil
}

// rewriteShard replaces one file after so many bytes of others, and returns its
// size before.
func (w *offline) rewriteShard(ctx context.Context, old *Store, index int, before int64) (size int64, err error) {
	sh, err := old.openShard(w.now, index)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, sh.close()) }()
	size = sh.size.Load()
	if err := w.copyShard(ctx, sh, func(bytes int64) { w.told.at(before + min(bytes, size)) }); err != nil {
		return 0, err
	}
	return size, w.replace(index)
}

// copyShard makes a dense copy of a shard in the building folder. bbolt has a
// function for this, too; it can not be ended by ctx, verifies nothing, and fills
// leaves to the last byte, so that the next append to any stream splits one.
func (w *offline) copyShard(ctx context.Context, sh *shard, report func(bytes int64)) (err error) {
	t, err := newTarget(w.dir, shardRecord{storeID: sh.storeID, index: sh.index, shards: w.now.shards})
	if err != nil {
		return err
	}
	x := transfer{
		origins: []*origin{{sh: sh, shards: w.now.shards}},
		targets: []*target{t},
		shards:  w.now.shards,
		pace:    w.pace,
		report:  func(_, bytes int64) { report(bytes) },
	}
	defer func() { err = errors.Join(err, x.close()) }()
	return x.run(ctx)
}

// replace puts a complete copy in the place of a shard's file.
func (w *offline) replace(index int) error {
	file := w.now.file(index)
	if err := w.fs.Rename(shardFile(building, index), file); err != nil {
		return fmt.Errorf("replace %s: %w", file, err)
	}
	for _, dir := range []string{w.now.dir(), building} {
		if err := w.fs.SyncDir(dir); err != nil {
			return fmt.Errorf("sync %s: %w", dir, err)
		}
	}
	return nil
}
