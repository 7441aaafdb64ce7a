package sse

import (
	"net"
	"time"

	"github.com/weirstreams/weir/sse/socket"
)

// Seat is the connection of one reader, taken over from the HTTP server in the
// middle of a response in chunked coding. It is used by one goroutine at a time:
// the reader's, which catches up, and from Room.Take on the room's, until the
// reader gets it back or the connection has ended.
type Seat struct {
	// At is the position behind what the reader has.
	At int64
	// Cursor is the least that the reader may be sent.
	Cursor int64
	// Term is when the response ends.
	Term Term

	reader Reader
	conn   *net.TCPConn
	sock   *socket.Conn // on conn
	room   *Room
	token  uint64 // the watch's name for the connection
	index  int    // in the room's seats; the room's goroutine's
	torn   bool   // a chunk was written in part, and the rest will not follow
	gone   bool   // the client has left; guarded by the room's lock
}

// Term is how long a response lasts.
type Term struct {
	// Until is when it ends for the client to come back; zero for never.
	Until time.Time
	// Departs says that it ends then because the server stops.
	Departs bool
}

// Depart ends the term when departure says, or earlier, if that is not settled yet.
func (t *Term) Depart(departure func() time.Time) {
	if t.Departs {
		return
	}
	t.Departs = true
	if at := departure(); t.Until.IsZero() || at.Before(t.Until) {
		t.Until = at
	}
}

// Reader is whose seat it is.
type Reader interface {
	// CatchUp sends what the client does not have yet, and then leaves the seat to
	// the room, by Room.Take, or ends it. It begins with rest, which is what is
	// left of a chunk that was too much for the client at once.
	CatchUp(s *Seat, rest []byte)
	// Over tells that the connection has ended. Nobody uses the seat any more.
	Over()
}

// Seat takes over a connection for a reader that is in the room and stands at a
// position, and has it catch up. It returns when the reader has let go of the seat,
// which may be before the connection has ended. After an error the connection is
// still the caller's.
func (r *Room) Seat(c *net.TCPConn, reader Reader, at int64) error {
	sock, err := socket.New(c)
	if err != nil {
		return err
	}
	w, err := r.rooms.enter()
	if err != nil {
		return err
	}
	defer r.rooms.inside.Done()
	s := &Seat{reader: reader, conn: c, sock: sock, room: r, At: at}
	if err := w.add(s); err != nil {
		return err
	}
	reader.CatchUp(s, nil)
	return nil
}

// Send writes a batch, and waits at most timeout for the client to take it.
func (s *Seat) Send(b *Batch, timeout time.Duration) error {
	var own []byte
	chunk, _ := b.chunkFor(s.Cursor, &own)
	return s.Write(chunk, timeout)
}

// Write writes whole chunks, or what is left of one.
func (s *Seat) Write(p []byte, timeout time.Duration) error {
	if len(p) == 0 {
		return nil
	}
	if err := s.conn.SetWriteDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	n, err := s.sock.Write(p)
	s.torn = n < len(p)
	return err
}

// Gone reports whether the client has left.
func (s *Seat) Gone() bool {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	return s.gone
}

// hangUp notes that the client has left. Whoever has the seat will end it.
func (s *Seat) hangUp() {
	r := s.room
	r.mu.Lock()
	s.gone = true
	if r.running {
		r.leaving = append(r.leaving, s)
	}
	r.mu.Unlock()
	r.nudge()
}

// End ends the response, and with it the connection. What the client has not taken
// yet stays with the kernel for a while. In the middle of a chunk there is no good
// end: the client sees that something is missing.
func (s *Seat) End() {
	s.room.rooms.watch.remove(s.token)
	if !s.torn {
		s.conn.SetWriteDeadline(time.Time{})
		s.sock.TryWrite([]byte(lastChunk))
	}
	s.conn.Close()
	s.reader.Over()
}
