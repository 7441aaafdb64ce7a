package acidstore

import (
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore/internal/boltfile"
)

// A fork and its source may be in different shards, which no transaction spans.
// The truth is the graph: each fork has an edge in its own shard, written and
// removed with the fork. A source's count of references in memory moves in the
// step that settles the fork; the stored count follows in a transaction of the
// source's shard. A crash between the two is repaired by recount.

// refer counts a fork that was created, or takes off one that was deleted, and
// stages the writing of the count. The source is open: who forks or deletes holds
// it.
func (s *Store) refer(f *store.Fork, kind opKind) {
	by := map[opKind]int{opCreate: 1, opDelete: -1}[kind]
	if by == 0 {
		return
	}
	sh := s.of(f.Source)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	src := sh.live[f.Source]
	if src == nil || src.meta.ID != f.ID {
		return
	}
	src.mu.Lock()
	src.meta.Refs += by
	src.mu.Unlock()
	src.refs++
	sh.ahead[src] = struct{}{}
	sh.queue.Add(op{kind: opRefer, h: src})
}

// source is one end of the edges of the graph of forks.
type source struct {
	id   uint64
	name string
}

// recount compares the stored counts of references with the graph, and repairs
// those that differ. It reads the forks and their sources, not every stream.
func (s *Store) recount() error {
	counts := make([]map[source]int, len(s.shards)) // of the sources in each shard
	for i := range counts {
		counts[i] = make(map[source]int)
	}
	for _, sh := range s.shards {
		err := sh.view(func(r *boltfile.Reader) error {
			return each(r, forksBucket, nil, func(k, name []byte) (bool, error) {
				counts[shardOf(string(name), len(s.shards))][source{keyID(k), string(name)}]++
				return true, nil
			})
		})
		if err != nil {
			return fmt.Errorf("count forks: %w", sh.refuse(err))
		}
	}
	for i, sh := range s.shards {
		if err := sh.repairCounts(counts[i]); err != nil {
			return err
		}
	}
	return nil
}

// repairCounts makes the stored counts of a shard those given. One that is damaged
// differs, whatever it was.
func (sh *shard) repairCounts(want map[source]int) error {
	wrong := make(map[uint64]int)
	for src, n := range want {
		wrong[src.id] = n
	}
	err := sh.view(func(r *boltfile.Reader) error {
		c := r.Bucket(sourcesBucket).Cursor()
		found, err := c.Seek(nil)
		for ; found && err == nil; found, err = c.Next() {
			v, err := c.Value()
			if err != nil {
				return err
			}
			n, err := decodeNumber(sourcesBucket, c.Key(), v)
			if err != nil {
				sh.store.log.Error().Err(sh.damage("", atCursor(c, err))).Msg("a count of forks is damaged")
				continue
			}
			if id := keyID(c.Key()); wrong[id] == int(n) {
				delete(wrong, id)
			} else if _, counted := wrong[id]; !counted {
				wrong[id] = 0
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("count forks: %w", sh.refuse(err))
	}
	if len(wrong) == 0 {
		return nil
	}
	err = sh.update(func(tx *bolt.Tx, base *boltfile.Reader) error {
		t := tablesOf(tx, base)
		for id, n := range wrong {
			if err := sh.repairCount(&t, id, n); err != nil {
				return err
			}
		}
		return t.delete(aboutBucket, wholeKey)
	})
	if err != nil {
		return fmt.Errorf("repair counts of forks: %w", sh.refuse(err))
	}
	sh.writer.wrote = true
	return nil
}

// repairCount makes one stored count n, and moves the source in the order of due
// times, as one that has lost its last fork may be freed. A source that cannot be
// read keeps its count.
func (sh *shard) repairCount(t *tables, id uint64, n int) error {
	m, err := readState(t.base, id)
	if errors.Is(err, errStateMissing) {
		sh.store.log.Error().Str("shard", sh.file).Uint64("id", id).Int("forks", n).
			Msg("forks refer to a stream that is not there; reading them fails below their divergence")
		return nil
	}
	if err != nil {
		sh.store.log.Error().Err(sh.damage("", err)).Uint64("id", id).Int("forks", n).
			Msg("a stream that has forks cannot be read: run \"weir check\", and restore from a backup")
		return nil
	}
	refs, _, err := numberAt(t.base, sourcesBucket, idKey(id))
	if err != nil {
		refs = 0 // damaged, and about to be right
	}
	m.Refs = int(refs)
	sh.store.log.Warn().Str("shard", sh.file).Str("stream", m.Name).Int("stored", m.Refs).Int("forks", n).
		Msg("count of forks differed from the graph of forks and was repaired")
	s := new(step)
	s.begin(loaded(sh, m))
	s.next.Refs = n
	return s.write(t, true)
}
