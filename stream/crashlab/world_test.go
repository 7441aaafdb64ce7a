package crashlab_test

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/weirstreams/weir/store"
)

// world is what the clients of a server know. Its lock guards all of it.
type world struct {
	mu      sync.Mutex
	names   map[string][]*incarnation // of each name, in the order of their creation
	posts   []*post                   // by number
	journal []entry
}

// entry is a line of the journal, for people who look into a failure.
type entry struct {
	calls int
	line  string
}

// event is something that a client asked for, dated by the number of file calls
// before.
type event struct {
	asked int
	done  int // when it was answered well, or never
}

const never = math.MaxInt

// may reports whether a cut after so many calls may have it, must whether it
// has to.
func (e event) may(at int) bool  { return e.asked < at }
func (e event) must(at int) bool { return e.done <= at }

// past is an event before all calls.
var past = event{asked: -1, done: 0}

// incarnation is one stream from its creation to its end.
type incarnation struct {
	name    string
	form    form
	id      uint64 // 0 until a client was told
	created event
	deleted event
	// A fork begins with prefix, which it has from source.
	source *incarnation
	prefix []byte
	// marked streams carry their length as a mark, and are written past the
	// engine.
	marked bool
	// turn is taken by who writes a marked stream, as the store asks. It is no
	// mutex, since a bubble's clock stands still while a goroutine waits for one.
	turn    chan struct{}
	ttl     int64 // seconds, or store.NoTTL
	expires int64 // fixed end in Unix milliseconds, or 0
	born    bool  // closed from its birth on
	// sealed says that an earlier generation found it closed.
	sealed   bool
	posts    []*post
	shown    []shown
	accesses []access
	pins     []*pin
}

// pin is a live reader, which keeps a sliding window open between two dates.
type pin struct{ from, to int }

// post is an append, a close, or both.
type post struct {
	event
	number   int
	in       *incarnation
	body     []byte
	stored   []byte
	producer *store.ProducerAppend
	seq      string
	close    bool
	at       int64 // where its bytes begin, or where it closed; unknown until told
	open     bool  // written, as far as its client knows
	dead     bool  // answered that it was not written, or found missing
}

const unknown = -1

// shown is what a reader was given.
type shown struct {
	calls int
	from  int64
	bytes []byte
}

// access is a use of a stream, which prolongs a sliding window.
type access struct {
	event
	at int64 // Unix milliseconds
}

func newWorld() *world { return &world{names: make(map[string][]*incarnation)} }

func (w *world) note(calls int, format string, args ...any) {
	w.journal = append(w.journal, entry{calls, fmt.Sprintf(format, args...)})
}

func (w *world) begin(in *incarnation) {
	in.deleted = event{asked: never, done: never}
	w.names[in.name] = append(w.names[in.name], in)
}

// drop forgets an incarnation that never was.
func (w *world) drop(in *incarnation) {
	all := w.names[in.name]
	w.names[in.name] = slices.DeleteFunc(all, func(x *incarnation) bool { return x == in })
	for _, p := range in.posts {
		p.dead = true
	}
}

// newPost numbers an append to a stream.
func (w *world) newPost(in *incarnation, size, calls int) *post {
	p := &post{event: event{calls, never}, number: len(w.posts), in: in, at: unknown}
	if size > 0 {
		p.body, p.stored = payload(in.form, p.number, size)
	}
	w.posts = append(w.posts, p)
	in.posts = append(in.posts, p)
	return p
}

// base is the position of a stream's first own byte.
func (in *incarnation) base() int64 { return int64(len(in.prefix)) }

// latest returns the present incarnation of a name, or nil.
func (w *world) latest(name string) *incarnation {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.names[name]
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

// String names the post as the journal does.
func (p *post) String() string {
	s := fmt.Sprintf("append %d to %s, %d bytes", p.number, p.in.name, len(p.stored))
	if p.producer != nil {
		s += fmt.Sprintf(", %s %d/%d", p.producer.ID, p.producer.Epoch, p.producer.Seq)
	}
	if p.close {
		s += ", close"
	}
	return s
}
