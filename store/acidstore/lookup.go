package acidstore

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore/internal/boltfile"
)

// acquire returns the stream of this name, held.
func (sh *shard) acquire(name string) (*handle, error) {
	for {
		h, known, left := sh.openLive(name)
		if known && h == nil {
			return nil, store.ErrNotFound
		}
		if known {
			return h, nil
		}
		h, err := sh.load(name)
		if err != nil {
			return nil, err
		}
		if h = sh.enter(h, left); h != nil {
			return h, nil
		}
	}
}

// openLive returns the stream if it is open already. known is also true, without
// a stream, while its creation is staged.
func (sh *shard) openLive(name string) (h *handle, known bool, left uint64) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	h = sh.live[name]
	switch {
	case h == nil:
		return nil, false, sh.left
	case !h.settled:
		return nil, true, sh.left
	}
	h.refs++
	return h, true, sh.left
}

// enter adds a stream that was loaded, held, or returns the one that came before
// it. Nil means that what was loaded may be out of date.
func (sh *shard) enter(h *handle, left uint64) *handle {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.left != left || sh.live[h.meta.Name] != nil && !sh.live[h.meta.Name].settled {
		return nil
	}
	if other := sh.live[h.meta.Name]; other != nil {
		h = other
	}
	sh.live[h.meta.Name] = h
	h.refs++
	return h
}

// introduce stages the creation of a stream and holds it.
func (sh *shard) introduce(h *handle, o op) error {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.live[h.meta.Name] != nil {
		return store.ErrExists
	}
	if err := h.stage(o); err != nil {
		return err
	}
	sh.live[h.meta.Name] = h
	h.refs++
	return nil
}

// exists reports whether a stream of this name is stored.
func (sh *shard) exists(name string) (bool, error) {
	h, err := sh.acquire(name)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	h.Release()
	return true, nil
}

// releaseLocked gives a stream back and forgets one that nobody holds.
func (sh *shard) releaseLocked(h *handle) {
	h.refs--
	if h.refs == 0 {
		sh.forgetLocked(h)
		h.empty()
	}
}

func (sh *shard) forgetLocked(h *handle) {
	if sh.live[h.meta.Name] == h {
		delete(sh.live, h.meta.Name)
		sh.left++
	}
}

// load reads what the file has of a stream.
func (sh *shard) load(name string) (*handle, error) {
	var h *handle
	err := sh.view(func(r *boltfile.Reader) error {
		id, err := lookUp(r, name)
		if err != nil {
			return err
		}
		m, err := readMeta(r, id)
		if err != nil {
			return err
		}
		if m.Name != name {
			return fmt.Errorf("%w: the state of another stream, %q, is in its place", errMalformed, m.Name)
		}
		h = loaded(sh, m)
		return nil
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, sh.damage(name, err)
	}
	return h, err
}

// loaded is a stream as the tables have it.
func loaded(sh *shard, m store.Meta) *handle {
	h := newHandle(sh, m)
	h.settled, h.stored = true, storedOf(&m)
	return h
}

// damage names what cannot be read.
func (sh *shard) damage(name string, err error) *store.CorruptionError {
	return damagedIn(sh.file, name, err)
}

// lookUp returns the identity of the stream of this name.
func lookUp(r *boltfile.Reader, name string) (uint64, error) {
	id, found, err := numberAt(r, namesBucket, []byte(name))
	if err != nil {
		return 0, fmt.Errorf("read identity: %w", err)
	}
	if !found {
		return 0, store.ErrNotFound
	}
	return id, nil
}

// readMeta reads all that is kept of a stream besides its bytes.
func readMeta(r *boltfile.Reader, id uint64) (store.Meta, error) {
	m, err := readState(r, id)
	if err != nil {
		return m, err
	}
	if m.Producers, err = readProducers(r, id); err != nil {
		return m, fmt.Errorf("read producer: %w", err)
	}
	refs, _, err := numberAt(r, sourcesBucket, idKey(id))
	if err != nil {
		return m, fmt.Errorf("read references: %w", err)
	}
	m.Refs = int(refs)
	return m, nil
}

// readState reads the state of a stream, without producers and references.
func readState(r *boltfile.Reader, id uint64) (store.Meta, error) {
	key := stateKey(id)
	b, at, found, err := entry(r, streamsBucket, key)
	if err == nil && !found {
		return store.Meta{}, errStateMissing
	}
	var m store.Meta
	if err == nil {
		if m, err = stateOf(key, b); err != nil {
			err = &valueError{offset: at, err: err}
		}
	}
	if err != nil {
		return m, fmt.Errorf("read state: %w", err)
	}
	return m, nil
}

// readProducers reads the producers of a stream. The entry behind them is verified
// too: it may be one of them, with a flipped bit in its key.
func readProducers(r *boltfile.Reader, id uint64) (all map[string]store.ProducerState, err error) {
	prefix := producerKey(id, "")
	c := r.Bucket(streamsBucket).Cursor()
	ok, err := c.Seek(prefix)
	for ; ok && err == nil; ok, err = c.Next() {
		if !bytes.HasPrefix(c.Key(), prefix) && c.ValueBytes() > maxProducerValue {
			break
		}
		v, err := c.Value()
		if err != nil {
			return nil, err
		}
		if !bytes.HasPrefix(c.Key(), prefix) {
			_, err = unseal(streamsBucket, c.Key(), v)
			return all, atCursor(c, err)
		}
		p, err := decodeProducer(c.Key(), v)
		if err != nil {
			return nil, atCursor(c, err)
		}
		if all == nil {
			all = make(map[string]store.ProducerState)
		}
		all[string(c.Key()[len(prefix):])] = p
	}
	return all, err
}

// List implements store.Store.
func (s *Store) List(prefix, after string, limit int) ([]string, error) {
	var names []string
	for _, sh := range s.shards {
		some, err := sh.list(prefix, after, limit)
		if err != nil {
			return nil, err
		}
		names = append(names, some...)
	}
	slices.Sort(names)
	return names[:min(limit, len(names))], nil
}

func (sh *shard) list(prefix, after string, limit int) ([]string, error) {
	var names []string
	err := sh.view(func(r *boltfile.Reader) error {
		from := []byte(max(prefix, after+"\x00"))
		return each(r, namesBucket, from, func(k, _ []byte) (bool, error) {
			if len(names) >= limit || !strings.HasPrefix(string(k), prefix) {
				return false, nil
			}
			names = append(names, string(k))
			return true, nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list streams: %w", sh.damage("", err))
	}
	return names, nil
}

// Due implements store.Store.
func (s *Store) Due(before int64, limit int) ([]string, error) {
	var names []string
	for _, sh := range s.shards {
		some, err := sh.due(before, limit-len(names))
		if err != nil {
			return nil, err
		}
		names = append(names, some...)
	}
	return names, nil
}

func (sh *shard) due(before int64, limit int) ([]string, error) {
	names, ahead := sh.dueAhead(before, limit)
	err := sh.view(func(r *boltfile.Reader) error {
		return each(r, dueBucket, nil, func(k, name []byte) (bool, error) {
			if len(names) >= limit || dueInstant(k) > before {
				return false, nil
			}
			if !ahead[string(name)] {
				names = append(names, string(name))
			}
			return true, nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("look for due streams: %w", sh.damage("", err))
	}
	return names, nil
}

// dueAhead returns those due among the streams whose due time in memory is not the
// one in the file, and which these streams are.
func (sh *shard) dueAhead(before int64, limit int) (names []string, ahead map[string]bool) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for h := range sh.ahead {
		if ahead == nil {
			ahead = make(map[string]bool)
		}
		name := h.meta.Name
		ahead[name] = true
		if sh.live[name] == h && h.due() <= before && len(names) < limit {
			names = append(names, name)
		}
	}
	return names, ahead
}
