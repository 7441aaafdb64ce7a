package stream

import (
	"sync"

	"github.com/weirstreams/weir/store"
)

// pinned holds the streams that live readers keep from expiring.
type pinned struct {
	mu      sync.Mutex // guards streams; taken before a stream's lock
	streams map[*Stream]struct{}
}

func (p *pinned) init() { p.streams = make(map[*Stream]struct{}) }

// pin keeps a stream with a sliding window from expiring until unpin.
func (p *pinned) pin(s *Stream) {
	if s.config.TTL == NoTTL {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.life.pins++
	p.streams[s] = struct{}{}
}

func (p *pinned) unpin(s *Stream) {
	if s.config.TTL == NoTTL {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.life.lastAccess = now()
	if s.life.pins--; s.life.pins == 0 {
		delete(p.streams, s)
	}
}

// renew moves the leases of the pinned streams ahead before they come near.
// Nobody waits for it: the slack of a lease is many times the interval.
func (p *pinned) renew() {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := now()
	for s := range p.streams {
		s.mu.Lock()
		s.failureLocked() // takes back a lease that was not stored
		s.life.lastAccess = at
		ttl := s.config.TTL
		if lease := leaseFor(ttl, at); lease-slack(ttl)/2 > s.life.lease && s.phase.get() == there {
			s.stageLocked(&pending{change: store.Change{Expires: lease}})
		}
		s.mu.Unlock()
	}
}
