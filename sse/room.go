package sse

import (
	"sync"
	"time"
)

// Room is where the readers of one stream meet. What one of them has encoded
// serves all that stand at the same place, and those that have a seat and have
// caught up are written to by one goroutine. Its methods may be called at once
// from many goroutines.
type Room struct {
	rooms *Rooms

	encoding sync.Mutex // guards last; held while a batch is encoded, so that it is encoded once
	last     *Batch

	// mail has something in it when there is news in joining or leaving.
	mail chan struct{}

	mu      sync.Mutex // guards what follows
	running bool       // there is a goroutine that reads the mail
	joining []*Seat
	leaving []*Seat
}

// maxKept bounds the batch that a room keeps, so that many rooms do not hold pages
// of old data. A larger one is encoded for each reader.
const maxKept = 256 << 10

// Batch returns the batch for k, encoding it unless it is the one encoded last.
// encode appends the data event, if there is one, to what it is given, and returns
// the result and the offset behind the batch, as in Control.Next.
func (r *Room) Batch(k Key, encode func(dst []byte) (frame []byte, next string, err error)) (*Batch, error) {
	r.encoding.Lock()
	defer r.encoding.Unlock()
	if r.last != nil && r.last.Key == k {
		return r.last, nil
	}
	b, err := newBatch(k, encode)
	if err != nil {
		return nil, err
	}
	r.last = b
	if len(b.chunk) > maxKept {
		r.last = nil
	}
	return b, nil
}

// Feed is the stream of a room as the room's goroutine reads it. It starts where
// the reader stood that opened it.
type Feed interface {
	// Changed returns a channel that is closed once there may be more to read.
	// The room takes it before it asks for the next batch.
	Changed() <-chan struct{}
	// Next returns the next batch, nil when there is none yet. An error ends the
	// connections of the room.
	Next() (*Batch, error)
	// Last returns a batch without an event, for a server that stops.
	Last() (*Batch, error)
	Close()
}

// Take leaves a seat that has everything to the room. It reports false, and leaves
// the seat to the reader, when the client has left. open returns the feed, for a
// room that has none.
func (r *Room) Take(s *Seat, open func() Feed) bool {
	s.conn.SetWriteDeadline(time.Time{})
	r.mu.Lock()
	if s.gone {
		r.mu.Unlock()
		return false
	}
	r.joining = append(r.joining, s)
	first := !r.running
	r.running = true
	r.mu.Unlock()
	if first {
		c := newCrowd(r, open(), s.At)
		r.rooms.inside.Go(c.run)
	} else {
		r.nudge()
	}
	return true
}

// nudge tells the room's goroutine that there is mail.
func (r *Room) nudge() {
	select {
	case r.mail <- struct{}{}:
	default:
	}
}

// collect empties the mail. When there is none, and nobody else is in the room
// either, the goroutine that asks is to end, and the next seat starts another.
func (r *Room) collect(empty bool) (joining, leaving []*Seat, end bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	joining, leaving = r.joining, r.leaving
	r.joining, r.leaving = nil, nil
	if empty && len(joining) == 0 {
		r.running = false
	}
	return joining, leaving, !r.running
}
