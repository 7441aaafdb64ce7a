package sse

import "sync"

// Room is where the subscribers of one stream meet: a frame that one of them
// has encoded serves all that stand at the same place. The zero value is ready.
// Its methods may be called at once from many goroutines.
type Room struct {
	mu    sync.Mutex // guards last; held while a frame is encoded, so that it is encoded once
	key   Key
	frame []byte
}

// maxKept bounds the frame that a room keeps, so that many rooms do not hold
// pages of old data. A larger one is encoded for each subscriber.
const maxKept = 256 << 10

// Key tells frames of one stream apart: from where to where they lead, what they
// say of the tail, and the cursor they carry.
type Key struct {
	From, To         int64
	UpToDate, Closed bool
	Cursor           int64
}

// Frame returns the frame for k, encoding it unless it is the one encoded last.
// The bytes are shared and must not be changed.
func (r *Room) Frame(k Key, encode func() ([]byte, error)) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.frame != nil && r.key == k {
		return r.frame, nil
	}
	b, err := encode()
	if err != nil {
		return nil, err
	}
	r.key, r.frame = k, b
	if len(b) > maxKept {
		r.frame = nil
	}
	return b, nil
}

// Rooms finds the room of a stream by the stream's identity, and keeps it as
// long as somebody is in it. The zero value is ready, and its methods may be
// called at once from many goroutines.
type Rooms struct {
	mu    sync.Mutex // guards what follows
	rooms map[uint64]*occupied
}

type occupied struct {
	Room
	subscribers int
}

// Enter returns the room of a stream. Whoever enters leaves.
func (r *Rooms) Enter(id uint64) *Room {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rooms == nil {
		r.rooms = make(map[uint64]*occupied)
	}
	o := r.rooms[id]
	if o == nil {
		o = &occupied{}
		r.rooms[id] = o
	}
	o.subscribers++
	return &o.Room
}

// Leave gives the room of a stream back.
func (r *Rooms) Leave(id uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := r.rooms[id]
	if o.subscribers--; o.subscribers == 0 {
		delete(r.rooms, id)
	}
}
