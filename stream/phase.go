package stream

import (
	"errors"
	"sync/atomic"
)

// phase is where a stream is on its way through memory. The zero value is
// arriving.
type phase struct{ is atomic.Uint32 }

const (
	arriving uint32 = iota // being loaded or created, by the one who entered it first
	there                  // in use
	leaving                // its deletion is staged
	vanished               // deleted, or it never came to be
)

func (p *phase) get() uint32 { return p.is.Load() }

// errVanished says that the stream found in memory is no longer the one of its
// name: look again.
var errVanished = errors.New("stream vanished")

// enterLocked moves the stream to a phase and wakes who waits for one.
func (s *Stream) enterLocked(p uint32) {
	s.phase.is.Store(p)
	s.wakeLocked()
}

// enter is enterLocked for who does not hold the stream's lock.
func (s *Stream) enter(p uint32) {
	s.mu.Lock()
	s.enterLocked(p)
	s.mu.Unlock()
}

// wait returns when the stream is there, which it reports, or has vanished.
func (s *Stream) wait() bool {
	if s.phase.get() == there {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch s.phase.get() {
		case there:
			return true
		case vanished:
			return false
		}
		changed := s.changedLocked()
		s.mu.Unlock()
		<-changed
		s.mu.Lock()
	}
}
