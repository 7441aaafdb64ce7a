package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
	"github.com/weirstreams/weir/store/backup"
)

// restoreCommand puts a backup into the data directory.
func restoreCommand(ctx context.Context, in invocation) int {
	from, ok := in.folderArgument("restore", "the folder that weir backup has made")
	if !ok {
		return exitUsage
	}
	w, status := in.goOffline("restoring", readableBytes)
	if status != exitOK {
		return status
	}
	begin := time.Now()
	var found restored
	m, err := backup.Restore(ctx, from, w.dir, func(dir string, m backup.Manifest) (err error) {
		found, err = w.scrub(ctx, dir, config.Mode(m.Mode))
		return err
	}, w.progress.at)
	if err != nil {
		err = fmt.Errorf("restore %s: %w", from, err)
	}
	return w.finish(in, fmt.Sprintf("restored the backup of %s: %d streams, %s; serve with %s",
		m.Made.Local().Format(time.DateTime), found.streams, amountOf(m, begin), found.serve), err)
}

// restored is what is known of streams that were restored.
type restored struct {
	streams int64
	serve   string // the variables to serve them with
}

// scrub opens the streams in dir and reads all of them.
func (w offlineWork) scrub(ctx context.Context, dir string, mode config.Mode) (r restored, err error) {
	if !mode.OnDisk() {
		return r, fmt.Errorf("the backup is of mode %q, which this program does not know", mode)
	}
	st, err := openStored(mode, dir, w.log)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	var damage error
	pieces := 0
	err = st.Scrub(ctx, store.ScrubOptions{Report: func(d store.CorruptionError) {
		if pieces++; pieces == 1 {
			damage = &d
		}
	}})
	if err != nil {
		return r, err
	}
	if pieces > 0 {
		return r, fmt.Errorf("%d pieces of damage, the first: %w", pieces, damage)
	}
	r = restored{streams: st.Stats().Streams, serve: "DS_STORAGE__MODE=" + string(mode)}
	if mode == config.Acid {
		shards, err := acidstore.StoredShards(dir)
		if err != nil {
			return r, err
		}
		r.serve += fmt.Sprintf(" DS_STORAGE__ACID_SHARD_COUNT=%d", shards)
	}
	return r, nil
}
