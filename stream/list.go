package stream

import (
	"errors"
	"hash/maphash"
	"time"

	"github.com/weirstreams/weir/store"
)

// Listed is one stream of a listing.
type Listed struct {
	Name string
	Info
	// Bytes is how many bytes the stream keeps itself, without those that a fork
	// shares with its source.
	Bytes int64
	// Expires is until when the stream lives at least, as far as is known now. It
	// is zero for a stream that never expires, or not before the year 10000.
	Expires time.Time
	// Damaged reports that what is stored about the stream cannot be read. Then
	// only its name is known.
	Damaged bool
}

// lastInstant is the last one that RFC 3339 can write, in Unix milliseconds.
var lastInstant = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).UnixMilli()

// List describes streams whose names begin with prefix and come after the name
// after, in ascending order of bytes. Streams that were deleted or have expired
// are left out, even if they are kept for their forks.
//
// It looks at limit names at most and returns the last of them as next, to go on
// behind, or "" when there are no more; so there may be fewer streams than limit,
// or none, and still a next one.
//
// A listing is no access: it renews nothing, and neither brings streams into
// memory nor keeps them there. Each name costs about what opening a stream that
// nobody uses costs the tier, its producers included; finding the names costs the
// memory tier a look at all it has.
func (e *Engine) List(prefix, after string, limit int) (list []Listed, next string, err error) {
	names, err := e.store.List(prefix, after, limit+1)
	if err != nil {
		return nil, "", fromStore(e.noteDamage(err))
	}
	if len(names) > limit {
		names = names[:limit]
		next = names[limit-1]
	}
	for _, name := range names {
		l, err := e.describe(name)
		switch {
		case err == nil:
			list = append(list, l)
		case isDamage(e.noteDamage(err)):
			list = append(list, Listed{Name: name, Damaged: true})
		case !isAbsent(err):
			return nil, "", fromStore(err)
		}
	}
	return list, next, nil
}

// isAbsent reports whether an error says that there is no stream to be used.
func isAbsent(err error) bool {
	if errors.Is(err, store.ErrNotFound) {
		return true
	}
	refusal, ok := errors.AsType[*Error](err)
	return ok && (refusal.Code == CodeNotFound || refusal.Code == CodeGone)
}

// describe looks at one stream where it is: in memory, or as it is stored.
func (e *Engine) describe(name string) (Listed, error) {
	if s := e.active.glance(name); s != nil {
		defer e.active.unglance(s)
		if s.phase.get() == there {
			return s.describe()
		}
	}
	h, err := e.store.Open(name)
	if err != nil {
		return Listed{}, err
	}
	defer h.Release()
	m := h.Meta()
	return describeStored(&m, now())
}

// describe says what memory knows of the stream.
func (s *Stream) describe() (Listed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := now()
	if err := s.usableLocked(at); err != nil {
		return Listed{}, err
	}
	expires := s.expiresLocked()
	if s.life != nil && s.life.pins > 0 && s.config.TTL != NoTTL {
		expires = after(at, s.config.TTL) // it would begin to count down now
	}
	info := s.infoLocked()
	return Listed{Name: s.name, Info: info, Bytes: int64(info.Tail) - s.base(), Expires: instant(expires)}, nil
}

// describeStored does the same for a stream that is not in memory. What is stored
// of its end was made exact when it left.
func describeStored(m *store.Meta, at int64) (Listed, error) {
	expires := forever
	if m.Expires != 0 {
		expires = m.Expires
	}
	if m.Deleted || at >= expires {
		return Listed{}, store.ErrNotFound
	}
	return Listed{
		Name: m.Name,
		Info: Info{
			ContentType: m.Config.ContentType,
			Tail:        Offset(m.Tail - veiled(m)),
			Closed:      m.Closed,
			TTL:         m.Config.TTL,
			ExpiresAt:   m.Config.ExpiresAt,
			ID:          m.ID,
		},
		Bytes:   m.Tail - m.Base(),
		Expires: instant(expires),
	}, nil
}

// instant is a time in Unix milliseconds for people.
func instant(ms int64) time.Time {
	if ms > lastInstant {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// glance holds the stream of this name, which may be arriving or leaving, if it is
// in memory. The caller gives it back to unglance.
func (r *registry) glance(name string) *Stream {
	sh := &r.shards[maphash.String(r.seed, name)%shardCount]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	s := sh.streams[name]
	if s != nil {
		s.refs++
	}
	return s
}

// unglance is leave without being a use: the stream goes as early as it would have
// gone.
func (r *registry) unglance(s *Stream) {
	sh := &r.shards[s.shard]
	sh.mu.Lock()
	s.refs--
	last := s.refs == 0 && s.removed
	sh.mu.Unlock()
	if last {
		s.drop()
	}
}
