package sse

import (
	"bytes"
	"runtime"
	"time"
)

// crowd is what the goroutine of a room works with: the seats of all readers that
// have everything. It writes to them without waiting for any. A client that does
// not take what it is sent at once is given back to its reader.
type crowd struct {
	room  *Room
	feed  Feed
	at    int64 // where the feed stands
	seats []*Seat
	// scratch is for the frames of those that have a cursor of their own.
	scratch []byte

	timer *time.Timer
	rings time.Time // when the timer fires
	quiet time.Time // since when nothing was sent
	first time.Time // when the first of the seats is to end, or earlier; zero for never

	draining  <-chan struct{} // nil once the server stops
	delivered int64           // of the batch that is being delivered
}

// inARow is how many clients are written to before others may go, such as the
// request whose append is delivered.
const inARow = 64

var keepAliveChunk = chunkOf(AppendComment(nil))

// newCrowd returns the crowd of a room whose feed stands at a position.
func newCrowd(r *Room, feed Feed, at int64) *crowd {
	now := time.Now()
	d := r.rooms.opts.KeepAlive
	return &crowd{
		room: r, feed: feed, at: at,
		timer: time.NewTimer(d), rings: now.Add(d), quiet: now,
		draining: r.rooms.opts.Draining,
	}
}

func (c *crowd) run() {
	defer c.feed.Close()
	defer c.timer.Stop()
	for {
		// Taken before the look, so that no change in between is missed.
		changed := c.feed.Changed()
		joining, leaving, end := c.room.collect(len(c.seats) == 0)
		if end {
			return
		}
		c.admit(joining)
		c.dismiss(leaving)
		if c.step() && len(c.seats) > 0 {
			c.wait(changed)
		}
	}
}

// step sends the next batch, if there is one, and reports whether that was all.
func (c *crowd) step() (upToDate bool) {
	b, err := c.feed.Next()
	switch {
	case err != nil:
		c.endAll()
		return true
	case b == nil:
		return true
	default:
		c.deliver(b)
		return b.UpToDate
	}
}

func (c *crowd) wait(changed <-chan struct{}) {
	select {
	case <-changed:
	case <-c.room.mail:
	case <-c.timer.C:
		c.tick(time.Now())
	case <-c.draining:
		c.draining = nil
		for _, s := range c.seats {
			c.settleTerm(s)
		}
		c.hurry()
	}
}

// settleTerm finds out when a seat has to end.
func (c *crowd) settleTerm(s *Seat) {
	if c.draining == nil {
		s.Term.Depart(c.room.rooms.opts.Departure)
	}
	if until := s.Term.Until; !until.IsZero() && (c.first.IsZero() || until.Before(c.first)) {
		c.first = until
	}
}

// hurry has the timer fire when the first of the seats has to end.
func (c *crowd) hurry() {
	if !c.first.IsZero() && c.first.Before(c.rings) {
		c.arm(c.first)
	}
}

func (c *crowd) admit(seats []*Seat) {
	for _, s := range seats {
		s.index = len(c.seats)
		c.seats = append(c.seats, s)
		if s.At < c.at {
			c.giveBack(s, nil) // the room has moved on meanwhile
			continue
		}
		c.settleTerm(s)
	}
	c.hurry()
}

// dismiss ends seats whose clients have left, as far as they are here.
func (c *crowd) dismiss(seats []*Seat) {
	for _, s := range seats {
		if s.index < len(c.seats) && c.seats[s.index] == s {
			c.end(s)
		}
	}
}

// deliver sends a batch to all who stand where it begins.
func (c *crowd) deliver(b *Batch) {
	c.quiet, c.at, c.delivered = time.Now(), b.To, 0
	c.each(func(s *Seat) (stays bool) { return c.deliverTo(s, b) })
	c.room.rooms.delivered.Add(c.delivered)
}

// each sends something to every seat.
func (c *crowd) each(send func(s *Seat) (stays bool)) {
	for i, sent := 0, 1; i < len(c.seats); sent++ {
		if send(c.seats[i]) {
			i++ // who leaves is replaced by the last
		}
		if sent%inARow == 0 {
			runtime.Gosched()
		}
	}
}

func (c *crowd) deliverTo(s *Seat, b *Batch) (stays bool) {
	switch {
	case s.At == b.From:
	case s.At == b.To && !b.Closed:
		return true // it saw the change before the room did
	default:
		return c.giveBack(s, nil)
	}
	s.At, s.Cursor = b.To, max(s.Cursor, b.Cursor)
	chunk, shared := b.chunkFor(s.Cursor, &c.scratch)
	c.delivered++
	if stays = c.send(s, chunk, shared); stays && b.Closed {
		return c.end(s)
	}
	return stays
}

// send writes one chunk. What is not shared is the crowd's own memory.
func (c *crowd) send(s *Seat, chunk []byte, shared bool) (stays bool) {
	n, err := s.sock.TryWrite(chunk)
	rest := chunk[n:]
	switch {
	case err != nil:
		return c.end(s)
	case len(rest) == 0:
		return true
	}
	c.room.rooms.slow.Add(1)
	if shared {
		return c.giveBack(s, rest)
	}
	return c.giveBack(s, bytes.Clone(rest))
}

// giveBack has the reader of a seat catch up.
func (c *crowd) giveBack(s *Seat, rest []byte) (stays bool) {
	c.remove(s)
	c.room.rooms.inside.Go(func() { s.reader.CatchUp(s, rest) })
	return false
}

func (c *crowd) end(s *Seat) (stays bool) {
	c.remove(s)
	s.End()
	return false
}

func (c *crowd) endAll() {
	for len(c.seats) > 0 {
		c.end(c.seats[len(c.seats)-1])
	}
}

func (c *crowd) remove(s *Seat) {
	last := len(c.seats) - 1
	c.seats[s.index] = c.seats[last]
	c.seats[s.index].index = s.index
	c.seats[last] = nil
	c.seats = c.seats[:last]
}

// tick does what is due: keep quiet connections alive, end those that have lasted
// long enough.
func (c *crowd) tick(now time.Time) {
	keepAlive := c.room.rooms.opts.KeepAlive
	if now.Sub(c.quiet) >= keepAlive {
		c.quiet = now
		c.each(func(s *Seat) (stays bool) { return c.send(s, keepAliveChunk, true) })
	}
	if !c.first.IsZero() && !now.Before(c.first) {
		c.endDue(now)
	}
	next := c.quiet.Add(keepAlive)
	if !c.first.IsZero() && c.first.Before(next) {
		next = c.first
	}
	c.arm(next)
}

// endDue ends the seats whose time has come, and finds out when the next has to.
func (c *crowd) endDue(now time.Time) {
	c.first = time.Time{}
	var last *Batch
	if c.draining == nil {
		last, _ = c.feed.Last() // deleted or expired: there is no last event
	}
	c.each(func(s *Seat) (stays bool) {
		if until := s.Term.Until; until.IsZero() || now.Before(until) {
			c.settleTerm(s)
			return true
		}
		if last != nil && !c.deliverTo(s, last) {
			return false
		}
		return c.end(s)
	})
}

func (c *crowd) arm(at time.Time) {
	c.rings = at
	c.timer.Reset(time.Until(at))
}
