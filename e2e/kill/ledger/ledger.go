package ledger

import (
	"fmt"
	"sync"
)

// Ledger is what is known of one stream, from its creation to its deletion.
type Ledger struct {
	kind      Kind
	inherited []byte // what a fork has from its source

	mu       sync.Mutex
	appends  map[ID]*entry
	open     map[ID]*entry  // those of appends that are not acknowledged and found yet
	found    map[string]int // by writer: the last number found
	content  []byte         // as found by the last check
	readers  []*Reader
	closing  *ID // the append that closes the stream, when one does
	life     life
	final    int64 // the tail of a closed stream, unknown while negative
	verified Verified
}

// life is how far the requests have come that a stream's existence depends on.
// Sent means that the server may have done it; the other means that it said so.
type life struct {
	created    bool
	closeSent  bool
	closed     bool
	deleteSent bool
	deleted    bool
	reused     bool // the name may belong to another stream by now
}

// entry is the fate of one append.
type entry struct {
	acked bool
	at    int64 // where it ends, as its answer said; negative when that said nothing
	end   int64 // where it was found to end; 0 while not found
	lost  bool  // not found by a check, and not sent again since
}

// Verified counts what checks have found to be right.
type Verified struct {
	Appends int   // acknowledged appends
	Bytes   int64 // bytes of content
	Shown   int   // answers to readers that brought bytes
}

// New returns the ledger of a stream that is about to be created. inherited is
// what a fork must have from its source; nil for other streams.
func New(kind Kind, inherited []byte) *Ledger {
	return &Ledger{
		kind:      kind,
		inherited: inherited,
		content:   inherited,
		appends:   make(map[ID]*entry),
		open:      make(map[ID]*entry),
		found:     make(map[string]int),
		final:     -1,
	}
}

// Kind returns the kind of the stream's content.
func (l *Ledger) Kind() Kind { return l.kind }

// Sent notes that an append is about to be sent, for the first time or again.
func (l *Ledger) Sent(id ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.appends[id]
	if e == nil {
		e = &entry{at: -1}
		l.appends[id], l.open[id] = e, e
	}
	e.lost = false
}

// Acked notes that an append was acknowledged, and where it ends.
func (l *Ledger) Acked(id ID, at int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.appends[id].acked, l.appends[id].at = true, at
}

// Repeated notes that the server said it had the append already.
func (l *Ledger) Repeated(id ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.appends[id].acked = true
}

// Created notes that the stream is there.
func (l *Ledger) Created() {
	l.update(func(s *life) { s.created = true })
}

// CloseSent notes that a request to close is about to be sent. with is the append
// in the same request, or nil.
func (l *Ledger) CloseSent(with *ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.life.closeSent, l.closing = true, with
}

// DeleteSent notes that a request to delete is about to be sent.
func (l *Ledger) DeleteSent() {
	l.update(func(s *life) { s.deleteSent = true })
}

// Deleted notes that the stream is gone. Its content is forgotten: there is
// nothing left to compare it with.
func (l *Ledger) Deleted() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.life.deleted = true
	l.inherited, l.content, l.readers = nil, nil, nil
}

// Reused notes that another stream is about to be created under the same name,
// and is met by requests that were meant for this one.
func (l *Ledger) Reused() {
	l.update(func(s *life) { s.reused = true })
}

func (l *Ledger) update(change func(*life)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(&l.life)
}

// Live reports whether the stream is there for certain.
func (l *Ledger) Live() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.life.created && !l.life.deleteSent
}

// MayBeGone reports whether a request may find no stream of this name.
func (l *Ledger) MayBeGone() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.life.created || l.life.deleteSent
}

// IsGone reports whether the stream was said to be deleted.
func (l *Ledger) IsGone() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.life.deleted
}

// MayBeAnother reports whether a request may find another stream of this name.
func (l *Ledger) MayBeAnother() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.life.reused
}

// ClosedAt notes that an answer called the stream closed with this tail, and
// returns an error if it cannot be.
func (l *Ledger) ClosedAt(final int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.life.reused:
		return nil // the answer may speak of the stream's successor
	case !l.life.closeSent:
		return fmt.Errorf("closed by nobody: got Stream-Closed at %d, want an open stream", final)
	case l.final >= 0 && l.final != final:
		return fmt.Errorf("final offset: got %d, want %d as it was said before", final, l.final)
	}
	l.life.closed, l.final = true, final
	return nil
}

// Verified returns what the checks have found to be right so far.
func (l *Ledger) Verified() Verified {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.verified
}
