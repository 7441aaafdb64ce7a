package stream

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/weirstreams/weir/store"
)

// Stream is one stream in memory.
type Stream struct {
	engine *Engine
	shard  *shard
	name   string

	// Guarded by the shard's lock.
	refs    int   // requests, readers and forks that hold the stream
	used    int64 // the round of eviction in which it was last released
	removed bool  // no longer in the registry

	// ready is closed when the fields of this group are filled; they do not
	// change afterwards.
	ready   chan struct{}
	loadErr error
	handle  store.Handle
	id      uint64
	config  store.Config
	format  Format
	base    int64   // position of the first own byte
	source  *Stream // what a fork was forked from, held; else nil

	// there is true while wait would return at once: it spares that its locks.
	there atomic.Bool

	mu sync.Mutex // guards what follows

	// The staged state.
	tail      int64
	closed    bool
	closedBy  *store.ProducerAppend
	closedAt  uint64 // the change that closed the stream
	lastSeq   string
	seqAt     uint64 // the change that set lastSeq
	producers map[string]producer
	lease     int64  // the Meta.Expires staged last
	staged    uint64 // number of the change staged last
	inFlight  int
	// failed is why a staged change did not settle. While it is set and others
	// are in flight nothing more is staged; then the staged state starts again
	// from what has settled. failures counts, so that nobody mistakes the
	// changes after for those before.
	failed   error
	failures uint64

	// The visible state.
	visibleTail   int64
	visibleClosed bool
	settled       uint64        // every change up to this number has settled
	deleted       bool          // soft-deleted
	forks         int           // forks that refer to this stream
	gone          chan struct{} // set while a deletion is staged; closed when it has settled
	vanished      bool          // the deletion has settled
	changed       chan struct{} // closed at the next change of the visible state, nil when nobody waits

	// The sliding window of life.
	lastAccess int64 // Unix milliseconds
	livePins   int   // live readers, which keep the stream from expiring
}

// producer is the staged state of one idempotent producer.
type producer struct {
	epoch, seq int64
	at         uint64 // the change that set it
}

// errVanished says that the stream found in memory is no longer the one of its
// name: look again.
var errVanished = errors.New("stream vanished")

// fill sets the state of a loaded stream.
func (s *Stream) fill(h store.Handle, m store.Meta) {
	s.handle, s.id, s.config = h, m.ID, m.Config
	s.format = formatOf(m.Config.ContentType)
	s.base = m.Base()
	s.deleted, s.forks = m.Deleted, m.Refs
	s.visibleTail, s.visibleClosed = m.Tail, m.Closed
	s.lastAccess = lastAccess(&m)
	s.restageLocked(m)
}

// restageLocked sets the staged state to what has settled.
func (s *Stream) restageLocked(m store.Meta) {
	s.tail, s.closed, s.closedBy, s.lastSeq = m.Tail, m.Closed, m.ClosedBy, m.LastSeq
	s.lease = m.Expires
	s.settled, s.closedAt, s.seqAt = s.staged, 0, 0
	s.producers = nil
	for id, p := range m.Producers {
		s.setProducerLocked(id, producer{epoch: p.Epoch, seq: p.Seq})
	}
}

func (s *Stream) setProducerLocked(id string, p producer) {
	if s.producers == nil {
		s.producers = make(map[string]producer)
	}
	s.producers[id] = p
}

// wait returns when the stream is loaded and not being deleted, or errVanished.
func (s *Stream) wait() error {
	<-s.ready
	if s.loadErr != nil {
		return s.loadErr
	}
	for {
		s.mu.Lock()
		gone, vanished := s.gone, s.vanished
		s.mu.Unlock()
		if vanished {
			return errVanished
		}
		if gone == nil {
			return nil
		}
		<-gone
	}
}

// idle reports whether the stream may leave memory. The caller holds the
// shard's lock and has seen that nobody holds the stream. A sliding window that
// was persisted with some slack is first made exact, so that the stream does
// not seem to live longer when it is loaded again.
func (s *Stream) idle() bool {
	select {
	case <-s.ready:
	default:
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failureLocked() != nil || s.inFlight > 0 || s.gone != nil {
		return false
	}
	if exact := s.expiresLocked(); s.config.TTL != store.NoTTL && exact < s.lease {
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
