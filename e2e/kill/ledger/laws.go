package ledger

import (
	"bytes"
	"errors"
	"fmt"
)

// View is a stream as it is found after a crash, in several ways that must
// agree. Positions are those that offsets name.
type View struct {
	Found bool // false: the answer was 404 or 410, and nothing else is set
	// Content is the whole stream, read page by page from its start; Tail and
	// Closed are what the last page said.
	Content []byte
	Tail    int64
	Closed  bool
	// Head and Poll are the tail and closure as HEAD and a long-poll at the tail
	// tell them. Poll is nil when none was sent.
	Head Tip
	Poll *Tip
}

// Tip is the end of a stream.
type Tip struct {
	Tail   int64
	Closed bool
}

// Check holds the stream against the ledger and returns every law that is broken.
// No request of a client may be under way. What is found becomes part of what the
// next check wants.
func (l *Ledger) Check(v View) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !v.Found {
		return l.checkMissing()
	}
	if l.life.deleted {
		return errors.New("deleted stays deleted: got the stream, want none")
	}
	broken := []error{v.agree(), l.checkPrefix(v.Content)}
	if errors.Join(broken...) != nil {
		return errors.Join(broken...) // what follows rests on these
	}
	if err := l.findAppends(v.Content); err != nil {
		return err
	}
	broken = append(broken, l.checkAppends(), l.checkClosure(v))
	for _, r := range l.readers {
		broken = append(broken, r.settle(v.Content))
	}
	l.life.created = true
	l.verified.Bytes += int64(len(v.Content) - len(l.content))
	l.content = v.Content
	return errors.Join(broken...)
}

// checkMissing: a stream may be missing while its creation is not acknowledged,
// and once its deletion was asked for.
func (l *Ledger) checkMissing() error {
	if l.life.created && !l.life.deleteSent {
		return errors.New("a created stream stays: got no stream")
	}
	if l.life.deleteSent {
		l.life.deleted = true
	}
	return nil
}

// agree holds the ways to see the stream's end against each other.
func (v *View) agree() error {
	tip := Tip{v.Tail, v.Closed}
	switch {
	case v.Tail != int64(len(v.Content)):
		return fmt.Errorf("the last page's offset: got %d, want the %d bytes that were read", v.Tail, len(v.Content))
	case v.Head != tip:
		return fmt.Errorf("HEAD and the last page agree: got %+v, want %+v", v.Head, tip)
	case v.Poll != nil && *v.Poll != tip:
		return fmt.Errorf("a long-poll at the tail and the last page agree: got %+v, want %+v", *v.Poll, tip)
	default:
		return nil
	}
}

// checkPrefix: what a check has read, and what a fork inherits, stays.
func (l *Ledger) checkPrefix(now []byte) error {
	if bytes.HasPrefix(now, l.content) {
		return nil
	}
	what := "what was read before stays"
	if len(now) < len(l.inherited) || differ(now[:len(l.inherited)], l.inherited) >= 0 {
		what = "a fork has its source's bytes"
	}
	if len(now) < len(l.content) && bytes.HasPrefix(l.content, now) {
		return fmt.Errorf("%s: got %d bytes, want at least %d", what, len(now), len(l.content))
	}
	shorter := min(len(now), len(l.content))
	i := differ(now[:shorter], l.content[:shorter])
	return fmt.Errorf("%s: got %.80q at byte %d, want %.80q", what, now[i:], i, l.content[i:])
}

// findAppends reads what is new and notes where each append ends.
func (l *Ledger) findAppends(now []byte) error {
	for at := len(l.content); at < len(now); {
		id, size, err := l.kind.wholeAppend(now[at:])
		if err != nil {
			return fmt.Errorf("an append is whole: at byte %d: %w", at, err)
		}
		if err := l.find(id, int64(at+size)); err != nil {
			return err
		}
		at += size
	}
	return nil
}

// wholeAppend takes the first append off content: all its records, side by side.
func (k Kind) wholeAppend(content []byte) (id ID, size int, err error) {
	first, size, err := k.next(content)
	if err != nil {
		return ID{}, 0, err
	}
	want := first
	for want.part = 0; want.part < want.parts; want.part++ {
		got := first
		if want.part > 0 {
			var n int
			if got, n, err = k.next(content[size:]); err != nil {
				return ID{}, 0, err
			}
			size += n
		}
		if got != want {
			return ID{}, 0, fmt.Errorf("got record %+v, want %+v", got, want)
		}
	}
	return first.id, size, nil
}

func (l *Ledger) find(id ID, end int64) error {
	e := l.appends[id]
	last, again := l.found[id.Writer]
	switch {
	case e == nil:
		return fmt.Errorf("a stream has only what was sent to it: got %+v, which ends at %d", id, end)
	case e.end != 0:
		return fmt.Errorf("an append is there once: got %+v ending at %d and again at %d", id, e.end, end)
	case e.lost:
		return fmt.Errorf("what a check did not find stays away: got %+v ending at %d", id, end)
	case again && id.N < last:
		return fmt.Errorf("a writer's appends are in its order: got %+v after number %d", id, last)
	}
	e.end = end
	l.found[id.Writer] = id.N
	return nil
}

// reported is how many appends a report names.
const reported = 5

// checkAppends: what is acknowledged is there, where its answer said.
func (l *Ledger) checkAppends() error {
	var broken []error
	for id, e := range l.open {
		switch {
		case e.acked && e.end == 0:
			broken = append(broken, fmt.Errorf("an acknowledged append is there: got none, want %+v ending at %d", id, e.at))
		case e.acked && e.at >= 0 && e.at != e.end:
			broken = append(broken, fmt.Errorf("an append is where its answer said: got %+v ending at %d, want %d", id, e.end, e.at))
		case e.acked:
			l.verified.Appends++
			delete(l.open, id)
		case e.end == 0:
			e.lost = true
		}
	}
	if more := len(broken) - reported; more > 0 {
		broken = append(broken[:reported], fmt.Errorf("and %d more of such", more))
	}
	return errors.Join(broken...)
}

// checkClosure: closed stays closed at the same offset, and an append that
// closes is there exactly if the stream is closed.
func (l *Ledger) checkClosure(v View) error {
	switch {
	case l.life.closed && !v.Closed:
		return errors.New("closed stays closed: got an open stream")
	case v.Closed && !l.life.closeSent:
		return errors.New("closed by nobody: got a closed stream, want an open one")
	case v.Closed && l.final >= 0 && v.Tail != l.final:
		return fmt.Errorf("a closed stream keeps its final offset: got %d, want %d", v.Tail, l.final)
	case l.closing != nil && v.Closed != l.endsWith(*l.closing, v.Tail):
		return fmt.Errorf("an append that closes does both or nothing: got closed %t with tail %d and %+v ending at %d",
			v.Closed, v.Tail, *l.closing, l.appends[*l.closing].end)
	}
	if v.Closed {
		l.life.closed, l.final = true, v.Tail
	}
	return nil
}

func (l *Ledger) endsWith(id ID, tail int64) bool {
	end := l.appends[id].end
	return end != 0 && end == tail
}
