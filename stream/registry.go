package stream

import (
	"context"
	"hash/maphash"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	shardCount = 64
	// maxIdle is how many streams of a shard may stay in memory unused. Beyond
	// it the next stream to enter pushes others out. All shards together hold
	// 131,072, at some 200 bytes each and what the tier has for an open stream.
	maxIdle = 2048
	// maxNew is with how many streams in its shard one that was just created stays
	// in memory. Being created is no sign that it will be used soon, and loading
	// it then costs less than room for all that are not.
	maxNew = 1024
	// idleFor is how long a stream stays in memory after its last use, at least.
	idleFor       = 20 * time.Second
	evictInterval = 5 * time.Second
	// pushOut is how many streams a full shard looks at to find idle ones.
	pushOut = 8
)

// registry holds the streams that are in memory, by name.
type registry struct {
	seed   maphash.Seed
	shards [shardCount]shard
	// tick counts the rounds of eviction; a stream remembers the one in which
	// it was last used.
	tick atomic.Int32
}

// shard's lock guards its map and the refs of the streams in it. It is taken
// before a stream's lock.
type shard struct {
	mu      sync.Mutex
	streams map[string]*Stream

	// What was appended to streams of this shard. It is counted here because whoever
	// appends has just taken the lock beside it.
	appends       atomic.Int64
	appendedBytes atomic.Int64
}

func (r *registry) init() {
	r.seed = maphash.MakeSeed()
	for i := range r.shards {
		r.shards[i].streams = make(map[string]*Stream)
	}
}

// enter returns the stream of this name, held. mine reports that it was not in
// memory: the caller must load or create it, and move it out of its first phase.
func (r *registry) enter(e *Engine, name string) (s *Stream, mine bool) {
	i := maphash.String(r.seed, name) % shardCount
	sh := &r.shards[i]
	sh.mu.Lock()
	s = sh.streams[name]
	if s != nil {
		s.refs++
		sh.mu.Unlock()
		return s, false
	}
	// The copy keeps the request that the name is a part of out of memory.
	s = &Stream{engine: e, shard: uint8(i), name: strings.Clone(name), refs: 1}
	sh.streams[s.name] = s
	crowded := len(sh.streams) > maxIdle
	sh.mu.Unlock()
	if crowded {
		e.evictFrom(sh, pushOut, func(*Stream) bool { return true })
	}
	return s, true
}

// hold holds a stream once more that the caller holds.
func (r *registry) hold(s *Stream) {
	sh := &r.shards[s.shard]
	sh.mu.Lock()
	s.refs++
	sh.mu.Unlock()
}

// leave gives a stream back. The last to leave one that was removed lets go of
// what it holds.
func (r *registry) leave(s *Stream) {
	sh := &r.shards[s.shard]
	sh.mu.Lock()
	s.refs--
	s.used = r.tick.Load()
	last := s.refs == 0 && s.removed
	sh.mu.Unlock()
	if last {
		s.drop()
	}
}

// leaveNew gives back a stream that the caller has just created.
func (r *registry) leaveNew(s *Stream) {
	sh := &r.shards[s.shard]
	sh.mu.Lock()
	// A life would have to be made exact first.
	if s.refs == 1 && len(sh.streams) > maxNew && s.life == nil && s.idle() {
		s.removed = true
		delete(sh.streams, s.name)
	}
	sh.mu.Unlock()
	r.leave(s)
}

// remove takes the stream out, so that the next to ask for its name loads it
// anew. The caller holds the stream.
func (r *registry) remove(s *Stream) {
	sh := &r.shards[s.shard]
	sh.mu.Lock()
	s.removed = true
	if sh.streams[s.name] == s {
		delete(sh.streams, s.name)
	}
	sh.mu.Unlock()
}

// countAppend counts an append to a stream of so many bytes.
func (r *registry) countAppend(s *Stream, bytes int) {
	sh := &r.shards[s.shard]
	sh.appends.Add(1)
	sh.appendedBytes.Add(int64(bytes))
}

// appended returns what was counted.
func (r *registry) appended() (appends, bytes int64) {
	for i := range r.shards {
		appends += r.shards[i].appends.Load()
		bytes += r.shards[i].appendedBytes.Load()
	}
	return appends, bytes
}

func (r *registry) len() int {
	n := 0
	for i := range r.shards {
		r.shards[i].mu.Lock()
		n += len(r.shards[i].streams)
		r.shards[i].mu.Unlock()
	}
	return n
}

// evictLoop lets go of streams that were not used for a while.
func (e *Engine) evictLoop(ctx context.Context) {
	t := time.NewTicker(evictInterval)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			oldest := e.active.tick.Add(1) - int32(idleFor/evictInterval)
			e.evict(func(s *Stream) bool { return s.used < oldest })
		}
	}
}

// evict lets go of the unused streams that the caller agrees to.
func (e *Engine) evict(agree func(*Stream) bool) {
	for i := range e.active.shards {
		sh := &e.active.shards[i]
		e.evictFrom(sh, math.MaxInt, agree)
	}
}

// evictFrom looks at up to look streams of a shard, in no order.
func (e *Engine) evictFrom(sh *shard, look int, agree func(*Stream) bool) {
	var out []*Stream
	sh.mu.Lock()
	for name, s := range sh.streams {
		if look--; look < 0 {
			break
		}
		if s.refs == 0 && agree(s) && s.idle() {
			s.removed = true
			delete(sh.streams, name)
			out = append(out, s)
		}
	}
	sh.mu.Unlock()
	for _, s := range out {
		s.drop()
	}
}
