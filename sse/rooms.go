package sse

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Options set up Rooms.
type Options struct {
	// KeepAlive is how long a room may be quiet before its seats get a comment.
	KeepAlive time.Duration
	// Draining ends the connections once it is closed, each with a last control
	// event, at the instant that Departure returns for it.
	Draining <-chan struct{}
	// Departure is not called before Draining is closed. Default: at once.
	Departure func() time.Time
}

// Rooms finds the room of a stream by the stream's identity, and keeps it as long
// as somebody is in it. Its methods may be called at once from many goroutines.
type Rooms struct {
	opts Options

	mu     sync.Mutex // guards what follows
	rooms  map[uint64]*occupied
	watch  *watch // set with the first seat, and then fixed
	closed bool

	delivered, slow atomic.Int64 // see Stats

	inside   sync.WaitGroup // goroutines that have a seat
	watching sync.WaitGroup // that of the watch
}

type occupied struct {
	Room
	readers int
}

// Stats is what has happened in all rooms since they were made.
type Stats struct {
	// Delivered is the batches written to seats that have everything.
	Delivered int64
	// Slow is how often a client did not take at once what it was sent.
	Slow int64
}

// Stats returns what has happened so far.
func (r *Rooms) Stats() Stats {
	return Stats{Delivered: r.delivered.Load(), Slow: r.slow.Load()}
}

// NewRooms returns rooms without anybody in them. Close ends them.
func NewRooms(o Options) *Rooms {
	if o.Departure == nil {
		o.Departure = time.Now
	}
	return &Rooms{opts: o, rooms: make(map[uint64]*occupied)}
}

// Enter returns the room of a stream. Whoever enters leaves.
func (r *Rooms) Enter(id uint64) *Room {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := r.rooms[id]
	if o == nil {
		o = &occupied{Room: Room{rooms: r, mail: make(chan struct{}, 1)}}
		r.rooms[id] = o
	}
	o.readers++
	return &o.Room
}

// Leave gives the room of a stream back.
func (r *Rooms) Leave(id uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := r.rooms[id]
	if o.readers--; o.readers == 0 {
		delete(r.rooms, id)
	}
}

var errClosed = errors.New("the rooms are closed")

// enter counts a goroutine that is about to use a seat, and returns the watch,
// which the first one starts.
func (r *Rooms) enter() (*watch, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, errClosed
	}
	if r.watch == nil {
		w, err := newWatch()
		if err != nil {
			return nil, err
		}
		r.watch = w
		r.watching.Go(w.run)
	}
	r.inside.Add(1)
	return r.watch, nil
}

// Close returns when all seats have ended, which Options.Draining has told them
// to. Those that are left when ctx is done are cut off, which is an error.
func (r *Rooms) Close(ctx context.Context) error {
	r.mu.Lock()
	r.closed = true
	w := r.watch
	r.mu.Unlock()
	if w == nil {
		return nil
	}
	ended := make(chan struct{})
	go func() {
		r.inside.Wait()
		close(ended)
	}()
	var err error
	select {
	case <-ended:
	case <-ctx.Done():
		err = ctx.Err()
		w.cut()
		<-ended
	}
	w.close()
	r.watching.Wait()
	return err
}
