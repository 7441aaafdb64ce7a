package sink

import (
	"context"
	"sync"
)

// lanes let the work on each stream and record pass one after another, in the order
// in which it was begun, and keep what is known of them in between. They may be used
// from many goroutines; the zero value is empty.
type lanes struct {
	mu sync.Mutex // guards at, and of each lane: last, inside, err
	at map[string]*lane
}

// maxLanes is how many lanes are kept that nobody is in.
const maxLanes = 1 << 14

// lane is one stream or record.
type lane struct {
	last   <-chan struct{} // closed when the last one inside is done
	inside int
	// err is why an append failed. Those that were begun before that was known fail
	// with it: nothing may be stored behind something that is missing.
	err error

	// Owned by whose turn it is.
	stream *remoteStream
	record *ledger
}

// turn is one piece of work in a lane.
type turn struct {
	lanes  *lanes
	key    string
	lane   *lane
	before <-chan struct{}
	done   chan struct{}
}

// enter takes a place. Whatever comes of it, take is called.
func (ls *lanes) enter(key string) *turn {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l := ls.at[key]
	if l == nil {
		if ls.at == nil {
			ls.at = make(map[string]*lane)
		}
		ls.tidyLocked()
		l = &lane{}
		ls.at[key] = l
	}
	t := &turn{lanes: ls, key: key, lane: l, before: l.last, done: make(chan struct{})}
	l.last = t.done
	l.inside++
	return t
}

// tidyLocked forgets what nobody is at when there is much of it.
func (ls *lanes) tidyLocked() {
	if len(ls.at) < maxLanes {
		return
	}
	for key, l := range ls.at {
		if l.inside == 0 {
			delete(ls.at, key)
		}
	}
}

// take does the work when its turn has come. It waits for those before even when
// ctx has ended, since who comes next relies on it; requests do not take for ever.
// When the work fails, what is known is known no more, and those behind it fail
// too if it is binding for them.
func (t *turn) take(ctx context.Context, binding bool, do func(*lane) error) error {
	if t.before != nil {
		<-t.before
	}
	err := t.failure()
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = do(t.lane)
	}
	if err != nil {
		t.lane.stream, t.lane.record = nil, nil
	}
	t.leave(err, binding)
	return err
}

func (t *turn) failure() error {
	t.lanes.mu.Lock()
	defer t.lanes.mu.Unlock()
	return t.lane.err
}

// leave lets the next one in.
func (t *turn) leave(err error, binding bool) {
	t.lanes.mu.Lock()
	defer t.lanes.mu.Unlock()
	l := t.lane
	if l.inside--; binding && err != nil {
		l.err = err
	}
	if l.inside == 0 && l.err != nil {
		delete(t.lanes.at, t.key)
	}
	close(t.done)
}
