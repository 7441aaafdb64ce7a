package acidstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// Resharded says what Reshard has done.
type Resharded struct {
	From, To int   // shards before and now
	Streams  int64 // moved; none when From is To
}

// Reshard moves the streams of the store in dir to another number of shards, while
// no process has the store open. The streams are what they were, identities
// included.
//
// The old files remain until the new ones are complete, verified and synced. If
// it is cut short, by an error, by ctx or by the end of the process, the store has
// the old number of shards or the new one, and Reshard can be called again; that
// also removes what is left over when the number is right already. It needs room
// on the disk for a second copy of the streams, and memory for a few megabytes of
// them. A directory without a store is ErrNoStore; damage is a
// *store.CorruptionError.
func Reshard(ctx context.Context, dir string, shards int, o *OfflineOptions) (Resharded, error) {
	return reshard(ctx, dir, vfs.OS(dir), usualPace(), shards, o)
}

func reshard(ctx context.Context, dir string, fsys vfs.FS, p pace, shards int, o *OfflineOptions) (r Resharded, err error) {
	if err := ValidShards(shards); err != nil {
		return r, err
	}
	w, err := newOffline(dir, fsys, p, o)
	if err != nil {
		return r, err
	}
	defer func() { err = w.end(err) }()
	from := w.now
	r = Resharded{From: from.shards, To: shards}
	if from.shards == shards {
		w.log.Info().Int("shards", shards).Msg("the streams are in so many shards already")
		return r, w.removeOlder(w.older)
	}
	if r.Streams, err = w.build(ctx, shards); err != nil {
		return r, fmt.Errorf("make %d shards of %d, which are still the ones that count: %w", shards, from.shards, err)
	}
	if err := publish(w.fs, generation{number: from.number + 1, shards: shards}); err != nil {
		return r, err
	}
	w.log.Debug().Int("from", r.From).Int("to", r.To).Int64("streams", r.Streams).Msg("moved the streams")
	return r, w.removeOlder(append(w.older, from))
}

// build fills the building folder with a new generation.
func (w *offline) build(ctx context.Context, shards int) (streams int64, err error) {
	old, err := w.settle()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, old.closeFiles()) }()
	if err := old.openShards(w.now); err != nil {
		return 0, err
	}
	if err := clearBuilding(w.fs); err != nil {
		return 0, err
	}
	for _, sh := range old.shards {
		w.told.total += sh.count.Load()
	}
	transfers := min(len(old.shards), shards)
	for i := range transfers {
		n, err := w.transfer(ctx, old, i, transfers, shards, streams)
		if err != nil {
			return 0, err
		}
		streams += n
	}
	return streams, nil
}

// transfer moves the streams of every step-th shard from first on to the new
// shards with the same numbers, after so many streams were moved before.
func (w *offline) transfer(ctx context.Context, old *Store, first, step, shards int, before int64) (streams int64, err error) {
	x := transfer{shards: shards, pace: w.pace}
	x.report = func(streams, _ int64) { w.told.at(before + streams) }
	for i := first; i < len(old.shards); i += step {
		x.origins = append(x.origins, &origin{sh: old.shards[i], shards: len(old.shards)})
	}
	defer func() { err = errors.Join(err, x.close()) }()
	for i := first; i < shards; i += step {
		t, err := newTarget(w.dir, shardRecord{storeID: old.shards[0].storeID, index: i, shards: shards})
		if err != nil {
			return 0, err
		}
		x.targets = append(x.targets, t)
	}
	return x.streams, x.run(ctx)
}
