package stream

import (
	"sync"

	"github.com/weirstreams/weir/store"
)

// Stream is one stream in memory. There may be a hundred thousand of them, and an
// append to each of many costs mostly the cache lines that it touches: what an
// append looks at is in front, and what most streams do not have is elsewhere.
type Stream struct {
	engine *Engine

	// Guarded by the shard's lock.
	refs    int32 // requests, readers and forks that hold the stream
	used    int32 // the round of eviction in which it was last released
	removed bool  // no longer in the registry

	// Filled on arriving, not changed afterwards.
	shard  uint8 // of the registry
	format Format

	// The staged state.
	closed bool
	failed bool // see failureLocked

	// The visible state.
	visibleClosed bool
	deleted       bool // soft-deleted

	phase    phase      // changed under mu, read without
	mu       sync.Mutex // guards the staged state, the visible state and what they refer to
	inFlight int32      // staged changes that have not settled

	// Filled on arriving, not changed afterwards.
	handle store.Handle
	config *store.Config // shared with other streams
	life   *life         // nil: it never expires

	// The staged state, continued.
	history *history // nil: nothing that later appends are judged by
	tail    int64
	staged  uint64 // number of the change staged last

	// The visible state, continued.
	visibleTail int64
	settled     uint64        // every change up to this number has settled
	changed     chan struct{} // closed at the next change of the visible state or the phase, nil when nobody waits
	failures    int32         // counts, so that nobody mistakes the changes after a failure for those before
	forks       int32         // forks that refer to this stream

	// Filled on arriving, not changed afterwards.
	id     uint64
	name   string
	source *Stream // what a fork was forked from, held; else nil
}

// fill sets the state of an arriving stream.
func (s *Stream) fill(h store.Handle, m store.Meta) {
	s.handle, s.id, s.config = h, m.ID, s.engine.configs.Share(m.Config)
	s.format = formatOf(m.Config.ContentType)
	s.deleted, s.forks = m.Deleted, int32(m.Refs)
	s.visibleTail, s.visibleClosed = m.Tail-veiled(&m), m.Closed
	s.life = lifeOf(&m)
	s.restageLocked(m)
}

// restageLocked sets the staged state to what has settled.
func (s *Stream) restageLocked(m store.Meta) {
	s.tail, s.closed, s.settled = m.Tail, m.Closed, s.staged
	s.history = historyOf(&m)
	if s.life != nil {
		s.life.lease = m.Expires
	}
}

// base is the position of the first own byte.
func (s *Stream) base() int64 {
	if f := s.config.Fork; f != nil {
		return f.At
	}
	return 0
}

// idle reports whether the stream may leave memory. The caller holds the
// shard's lock and has seen that nobody holds the stream. A sliding window that
// was persisted with some slack is first made exact, so that the stream does
// not seem to live longer when it is loaded again.
func (s *Stream) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase.get() != there || s.failureLocked() != nil || s.inFlight > 0 {
		return false
	}
	if exact := s.expiresLocked(); s.config.TTL != store.NoTTL && exact < s.life.lease {
		s.stageLocked(&pending{change: store.Change{Expires: exact}})
		return s.inFlight == 0
	}
	return true
}

// drop lets go of what a stream holds that has left the registry and that nobody
// holds any more.
func (s *Stream) drop() {
	if s.handle != nil {
		s.handle.Release()
	}
	if s.source != nil {
		s.engine.release(s.source)
	}
}

// changedLocked returns a channel that is closed at the next change of the
// visible state.
func (s *Stream) changedLocked() <-chan struct{} {
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed
}

func (s *Stream) wakeLocked() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}
