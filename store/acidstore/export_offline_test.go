package acidstore

import (
	"context"
	"time"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// Pace is how many bytes are committed at a time, and how much time is between two
// reports of progress.
type Pace struct {
	Bytes int
	Tell  time.Duration
}

// ReshardFS is Reshard with the file operations that are not bbolt's on fsys.
func ReshardFS(ctx context.Context, dir string, fsys vfs.FS, p Pace, shards int, o *OfflineOptions) (Resharded, error) {
	return reshard(ctx, dir, fsys, pace{bytes: p.Bytes, tell: p.Tell}, shards, o)
}

// CompactFS is Compact, likewise.
func CompactFS(ctx context.Context, dir string, fsys vfs.FS, p Pace, o *OfflineOptions) (before, after int64, err error) {
	return compact(ctx, dir, fsys, pace{bytes: p.Bytes, tell: p.Tell}, o)
}

// Generations returns the folder and the shard count of the generation that
// counts, and the folders of those before it.
func Generations(dir string) (folder string, shards int, older []string, err error) {
	g, before, _, err := current(vfs.OS(dir))
	for _, b := range before {
		older = append(older, b.dir())
	}
	return g.dir(), g.shards, older, err
}

// ShardOf returns the shard of a name.
func ShardOf(name string, shards int) int { return shardOf(name, shards) }

// Sealed returns a value with a good checksum.
func Sealed(bucket, key, payload []byte) []byte { return sealed(bucket, key, payload) }

// StateOf returns the key and the value of the state of a new stream.
func StateOf(name string, id uint64) (key, value []byte) {
	m := store.NewMeta(id, name, store.Config{})
	return stateKey(id), encodeState(stateKey(id), &m)
}

// Build makes a shard file of its own in the building folder of dir, with what put
// adds to it.
func Build(ctx context.Context, dir string, put func(add func(bucket, key, value []byte) error) error) error {
	if err := clearBuilding(vfs.OS(dir)); err != nil {
		return err
	}
	t, err := newTarget(dir, shardRecord{shards: 1})
	if err != nil {
		return err
	}
	defer t.close()
	if err := put(t.add); err != nil {
		return err
	}
	return t.finish(ctx, nil)
}
