package stream

import (
	"errors"
	"math"
	"strings"
	"time"

	"github.com/weirstreams/weir/store"
)

// A stream with a sliding window expires TTL seconds after its last access
// (section 12). In memory that instant is exact. What is stored is a lease: an
// instant at or after the exact one, moved ahead by some slack whenever the
// exact one would pass it, and before the access that did so is answered. So a
// crash never makes a stream expire early, and renewing costs a change once per
// slack instead of one per access.
const (
	minSlack = 5 * 1000             // milliseconds
	maxSlack = 3600 * 1000          // milliseconds
	forever  = int64(math.MaxInt64) // an expiry that never comes
)

// NoTTL is the TTL of a stream, or of a request, without a sliding window.
const NoTTL = store.NoTTL

// ParseExpiry reads an absolute end of life as the protocol writes it.
func ParseExpiry(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, err
	}
	// time.Parse also takes an hour of one digit, and a comma for the point.
	if s[len("2006-01-02T15")] != ':' || strings.Contains(s, ",") {
		return t, errNotRFC3339
	}
	return t, nil
}

var errNotRFC3339 = errors.New("not an RFC 3339 timestamp")

// fixedExpiry returns the instant of a stored Stream-Expires-At.
func fixedExpiry(s string) int64 {
	t, err := ParseExpiry(s)
	if err != nil {
		return forever // cannot be: it was parsed before it was stored
	}
	return max(t.UnixMilli(), 1) // 0 stands for no expiry
}

// after returns the instant ttl seconds after start, without overflow.
func after(start, ttl int64) int64 {
	if ttl > (forever-start)/1000 {
		return forever
	}
	return start + ttl*1000
}

func slack(ttl int64) int64 {
	return min(max(after(0, ttl)/4, minSlack), maxSlack)
}

// firstLease is the Meta.Expires of a new stream, 0 for one that never expires.
func firstLease(c *store.Config, now int64) int64 {
	switch {
	case c.ExpiresAt != "":
		return fixedExpiry(c.ExpiresAt)
	case c.TTL != NoTTL:
		return leaseFor(c.TTL, now)
	default:
		return 0
	}
}

func leaseFor(ttl, now int64) int64 {
	exact := after(now, ttl)
	if exact > forever-slack(ttl) {
		return forever
	}
	return exact + slack(ttl)
}

// life is how long a stream lives that does not live for ever.
type life struct {
	lease      int64 // the Meta.Expires staged last
	lastAccess int64 // Unix milliseconds
	pins       int   // live readers, which keep the stream from expiring
}

// lifeOf is the life of a stored stream, nil when it has no end.
func lifeOf(m *store.Meta) *life {
	if m.Config.TTL == NoTTL && m.Config.ExpiresAt == "" {
		return nil
	}
	return &life{lease: m.Expires, lastAccess: lastAccess(m)}
}

// clock is now, for a stream that never expires some instant.
func (s *Stream) clock() int64 {
	if s.life == nil {
		return 0
	}
	return now()
}

// lastAccess is when a stored stream was last used, as far as its lease tells.
func lastAccess(m *store.Meta) int64 {
	if m.Config.TTL == NoTTL || m.Expires == forever {
		return now()
	}
	return m.Expires - after(0, m.Config.TTL)
}

// expiresLocked returns the instant at which the stream expires, or forever.
func (s *Stream) expiresLocked() int64 {
	switch {
	case s.life == nil:
		return forever
	case s.config.ExpiresAt != "":
		return s.life.lease
	default:
		return after(s.life.lastAccess, s.config.TTL)
	}
}

// expiredLocked reports whether the stream has expired. A live reader keeps a
// sliding window open, but moves no fixed end.
func (s *Stream) expiredLocked(now int64) bool {
	if s.life == nil || s.life.pins > 0 && s.config.TTL != NoTTL {
		return false
	}
	return now >= s.expiresLocked()
}

// renewLocked notes an access and returns the lease to store with it, 0 when the
// one that is stored still covers it.
func (s *Stream) renewLocked(now int64) int64 {
	if s.config.TTL == NoTTL {
		return 0
	}
	s.life.lastAccess = now
	if after(now, s.config.TTL) <= s.life.lease {
		return 0
	}
	return leaseFor(s.config.TTL, now)
}

// touch notes an access that changes nothing else, and returns when what is
// stored covers it. A tier that takes no changes keeps nobody from reading.
func (s *Stream) touch(now int64) {
	if s.config.TTL == NoTTL {
		return
	}
	s.mu.Lock()
	s.failureLocked() // takes back a lease that was not stored; commit says why not
	lease := s.renewLocked(now)
	s.mu.Unlock()
	if lease == 0 {
		return
	}
	if err := s.commit(store.Change{Expires: lease}); err != nil {
		s.engine.log.Debug().Err(err).Msg("renewing a stream's life was not stored")
	}
}
