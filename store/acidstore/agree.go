package acidstore

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore/internal/boltfile"
)

// agree looks whether what the tables of all shards say agrees, each of which is
// well by itself.
func (c *checker) agree() error {
	forks := make(map[uint64]int) // of each source
	for _, f := range c.files {
		a := agreement{checked: f, shards: c.shards, forks: forks}
		for _, check := range []func() error{a.names, a.streams, a.due, a.edges, a.journal} {
			if err := check(); err != nil {
				return err
			}
		}
	}
	for _, f := range c.files {
		a := agreement{checked: f, forks: forks}
		if err := a.references(); err != nil {
			return err
		}
	}
	return nil
}

// agreement looks at one shard.
type agreement struct {
	*checked
	shards int
	forks  map[uint64]int
}

// bucket calls f with every entry of a bucket; its error is reported. It returns
// the context's error.
func (a *agreement) bucket(bucket []byte, f func(r *boltfile.Reader, key, payload []byte) error) error {
	err := a.view(func(r *boltfile.Reader) error {
		return each(r, bucket, nil, func(key, payload []byte) (bool, error) {
			a.bytes += len(key) + len(payload)
			if err := f(r, key, payload); err != nil {
				a.damage("", fmt.Errorf("%s: %w", bucket, err))
			}
			if a.bytes < scrubBytes {
				return true, nil
			}
			return true, a.pause()
		})
	})
	if err != nil && a.ctx.Err() == nil && (isDamage(err) || placeOf(err) >= 0) {
		a.damage("", err)
		return nil
	}
	return err
}

// names: each leads to a stream of that name, which belongs here; there are as many
// as were counted. A stream that is due some day, or a fork, can be found as that.
func (a *agreement) names() error {
	n := uint64(0)
	err := a.bucket(namesBucket, func(r *boltfile.Reader, key, _ []byte) error {
		n++
		name := string(key)
		id, err := lookUp(r, name)
		if err != nil {
			return err
		}
		m, err := readMeta(r, id)
		if err != nil {
			return fmt.Errorf("stream %q: %w", name, err)
		}
		if m.Name != name || shardOf(name, a.shards) != a.index {
			return fmt.Errorf("the name %q leads to stream %q, or belongs to another shard", name, m.Name)
		}
		if at := m.Due(); at != store.Never {
			if _, _, found, err := entry(r, dueBucket, dueKey(at, id)); err != nil || !found {
				return errors.Join(err, fmt.Errorf("stream %q is due at %d, and not in the order of these", name, at))
			}
		}
		if f := m.Config.Fork; f != nil {
			if _, _, found, err := entry(r, forksBucket, forkKey(f.ID, id)); err != nil || !found {
				return errors.Join(err, fmt.Errorf("stream %q is a fork, and not among them", name))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return a.view(func(r *boltfile.Reader) error {
		if want, _, err := numberAt(r, aboutBucket, countKey); err != nil || n != want {
			a.damage("", errors.Join(err, fmt.Errorf("it has %d names, want %d", n, want)))
		}
		return nil
	})
}

// streams: what is kept of streams belongs to one that has a name, or was deleted.
func (a *agreement) streams() error {
	last := uint64(0)
	return a.bucket(streamsBucket, func(r *boltfile.Reader, key, _ []byte) error {
		if len(key) <= idBytes {
			return fmt.Errorf("%w: key %x", errMalformed, key)
		}
		id := keyID(key)
		if id == last {
			return nil
		}
		last = id
		if id > r.Bucket(streamsBucket).Sequence {
			return fmt.Errorf("stream %d is there, and %d was the last one", id, r.Bucket(streamsBucket).Sequence)
		}
		_, _, deleted, err := entry(r, trashBucket, idKey(id))
		if err != nil || deleted {
			return err
		}
		m, err := readState(r, id)
		if err != nil {
			return fmt.Errorf("stream %d: %w", id, err)
		}
		if named, err := lookUp(r, m.Name); err != nil || named != id {
			return fmt.Errorf("stream %q is there, and its name does not lead to it", m.Name)
		}
		return nil
	})
}

// due: each entry is the one of its stream.
func (a *agreement) due() error {
	return a.bucket(dueBucket, func(r *boltfile.Reader, key, name []byte) error {
		if len(key) != 2*idBytes {
			return fmt.Errorf("%w: key %x", errMalformed, key)
		}
		id := keyID(key[idBytes:])
		m, err := readMeta(r, id)
		if err == nil && (m.Name != string(name) || m.Due() != dueInstant(key)) {
			err = fmt.Errorf("stream %q is due at %d, not %q at %d", m.Name, m.Due(), name, dueInstant(key))
		}
		return err
	})
}

// edges: each is that of a fork in this shard.
func (a *agreement) edges() error {
	return a.bucket(forksBucket, func(r *boltfile.Reader, key, source []byte) error {
		if len(key) != 2*idBytes {
			return fmt.Errorf("%w: key %x", errMalformed, key)
		}
		m, err := readState(r, keyID(key[idBytes:]))
		if err != nil {
			return err
		}
		if f := m.Config.Fork; f == nil || f.ID != keyID(key) || f.Source != string(source) {
			return fmt.Errorf("stream %q is not a fork of %q", m.Name, source)
		}
		a.forks[keyID(key)]++
		return nil
	})
}

// references: a source counts the forks that it has. After a crash it may not, which
// the next start puts right.
func (a *agreement) references() error {
	return a.bucket(sourcesBucket, func(r *boltfile.Reader, key, payload []byte) error {
		if len(key) != idBytes {
			return fmt.Errorf("%w: key %x", errMalformed, key)
		}
		if len(payload) != 8 {
			return errMalformed
		}
		n, want := binary.LittleEndian.Uint64(payload), uint64(a.forks[keyID(key)])
		if n != want && a.meta.Freelist != boltfile.NoFreelist {
			return fmt.Errorf("stream %d counts %d forks, want %d", keyID(key), n, want)
		}
		return nil
	})
}

// journal: its numbers follow one another, and the changes of each stream begin
// where the ones before have ended.
func (a *agreement) journal() error {
	number, tails := uint64(0), make(map[uint64]int64)
	err := a.bucket(journalBucket, func(r *boltfile.Reader, key, payload []byte) error {
		if len(key) != idBytes || number != 0 && keyID(key) != number+1 {
			return fmt.Errorf("%w: value %x follows number %d", errMalformed, key, number)
		}
		number = keyID(key)
		for len(payload) > 0 {
			e, rest, err := decodeEntry(payload)
			if err != nil {
				return err
			}
			payload = rest
			tail, known := tails[e.id]
			if !known {
				m, err := readState(r, e.id)
				if errors.Is(err, errStateMissing) {
					continue // deleted since
				}
				if err != nil {
					return err
				}
				tail = m.Tail
			}
			if e.tail != tail {
				return fmt.Errorf("a change of stream %d is at %d, and it ends at %d", e.id, e.tail, tail)
			}
			tails[e.id] = tail + int64(len(e.change.Bytes))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return a.view(func(r *boltfile.Reader) error {
		if last := r.Bucket(journalBucket).Sequence; number != 0 && number != last {
			a.damage("", fmt.Errorf("the journal ends with number %d, want %d", number, last))
		}
		return nil
	})
}
