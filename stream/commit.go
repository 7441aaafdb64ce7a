package stream

import (
	"runtime"
	"sync"
	"time"

	"github.com/weirstreams/weir/store"
)

// pending is one staged change on its way to settling. When somebody waits for
// it, done is set. A creation and a deletion have no stream: whoever waits for one
// sees to the stream's state.
type pending struct {
	change store.Change
	stream *Stream
	done   chan error
	bytes  int       // that an append adds
	begun  time.Time // of an append, for most zero; see sample
}

// Settled implements store.Completion.
func (p *pending) Settled(err error) {
	// The one who waits may use p again as soon as done has the outcome.
	s, done := p.stream, p.done
	if s != nil {
		s.mu.Lock()
		s.inFlight--
		s.settleLocked(&p.change, err)
		s.mu.Unlock()
		if err == nil {
			p.becameVisible(s.engine)
		}
	}
	if done != nil {
		done <- err
	}
}

// pendings are for the changes that are frequent.
var pendings = sync.Pool{New: func() any { return &pending{done: make(chan error, 1)} }}

// free gives back a pending that has settled or was never staged.
func (p *pending) free() {
	p.change, p.stream, p.bytes, p.begun = store.Change{}, nil, 0, time.Time{}
	pendings.Put(p)
}

// stageLocked hands a change to the tier and moves the staged state over it. If
// the change has settled at once, so does the visible state.
func (s *Stream) stageLocked(p *pending) (settled bool, err error) {
	if err := s.failureLocked(); err != nil {
		return false, err
	}
	p.stream = s
	settled, err = s.handle.Commit(&p.change, p)
	if err != nil {
		return false, err
	}
	s.staged++
	s.applyLocked(&p.change)
	if settled {
		s.settleLocked(&p.change, nil)
	} else {
		s.inFlight++
	}
	return settled, nil
}

// failureLocked returns why nothing can be staged now: after a staged change has
// failed, nothing is while others are in flight behind it. When these have settled
// it takes the staged state back to what has.
func (s *Stream) failureLocked() error {
	if !s.failed {
		return nil
	}
	if s.inFlight > 0 || s.phase.get() == leaving {
		return store.ErrAborted
	}
	s.handle.Reset()
	s.restageLocked(s.handle.Meta())
	s.failed = false
	return nil
}

// applyLocked moves the staged state over a change that was just staged.
func (s *Stream) applyLocked(c *store.Change) {
	s.tail += int64(len(c.Bytes))
	if c.Expires != 0 {
		s.life.lease = c.Expires
	}
	if c.Producer == nil && !c.Close && c.Seq == "" && c.Mark == "" {
		return
	}
	if s.history == nil {
		s.history = &history{}
	}
	s.history.apply(c, s.staged)
	s.closed = s.closed || c.Close
}

// settleLocked moves the visible state over a change, or notes that it failed.
func (s *Stream) settleLocked(c *store.Change, err error) {
	if err != nil {
		s.failed = true
		s.failures++
	} else {
		s.settled++
		s.showLocked(c)
		s.visibleClosed = s.visibleClosed || c.Close
		s.deleted = s.deleted || c.SoftDelete
	}
	s.wakeLocked()
}

// showLocked moves the readers' tail over a change that has settled, and over what
// was hidden before it, unless it hides its own bytes.
func (s *Stream) showLocked(c *store.Change) {
	switch {
	case hides(c):
		s.history.veiled += int64(len(c.Bytes))
	case c.Mark == writerMark:
		s.visibleTail += s.history.veiled + int64(len(c.Bytes))
		s.history.veiled = 0
	default:
		s.visibleTail += int64(len(c.Bytes))
	}
}

// awaitLocked returns when the staged change with the given number has settled,
// so that an answer may rest on it; an error means that it never will. It lets
// go of the lock meanwhile.
func (s *Stream) awaitLocked(change uint64) error {
	failures := s.failures
	for s.settled < change {
		changed := s.changedLocked()
		s.mu.Unlock()
		<-changed
		s.mu.Lock()
		// Looked at first: by now others may have begun anew, with numbers that
		// count what failed as settled.
		if s.failures != failures {
			return store.ErrAborted
		}
	}
	return nil
}

// giveWay lets others go before a change is answered that had to wait for nothing.
// Readers that it has woken are served first, and the answers to many requests leave
// one after another, so that a client on the same machine is woken once for all.
func giveWay() { runtime.Gosched() }

// commit stages a change and waits until it has settled.
func (s *Stream) commit(c store.Change) error {
	p := &pending{change: c, done: make(chan error, 1)}
	s.mu.Lock()
	settled, err := s.stageLocked(p)
	s.mu.Unlock()
	if settled || err != nil {
		return err
	}
	return outcome(s.handle, p.done)
}

// outcome returns what has become of a staged change, and helps the tier to get
// there where it takes help. The caller holds no lock.
func outcome(h store.Handle, done <-chan error) error {
	if h, ok := h.(store.Helper); ok {
		h.Help()
	}
	return <-done
}
