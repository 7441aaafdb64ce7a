package ledger

import (
	"bytes"
	"fmt"
)

// Reader is one reader of a stream, who begins at the start and goes on from
// where it was told to.
type Reader struct {
	ledger *Ledger
	name   string

	// Guarded by ledger.mu.
	base    int64  // what was shown before base has been found to be right
	shown   []byte // since then
	glimpse []byte // after shown: the beginning of an answer that broke off
	answers int    // with bytes, since base
}

// Reader returns a new reader.
func (l *Ledger) Reader(name string) *Reader {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := &Reader{ledger: l, name: name}
	l.readers = append(l.readers, r)
	return r
}

// Shown notes an answer that brought content and named next as the position to
// go on from. It returns an error if that is not the position after the content.
func (r *Reader) Shown(content []byte, next int64) error {
	r.ledger.mu.Lock()
	defer r.ledger.mu.Unlock()
	from := r.base + int64(len(r.shown))
	if want := from + int64(len(content)); next != want {
		return fmt.Errorf("%s was shown %d bytes from %d: got next offset %d, want %d", r.name, len(content), from, next, want)
	}
	r.glimpse = nil
	switch {
	case r.ledger.life.deleted: // nobody compares it any more
		r.base, r.shown = next, nil
	case len(content) > 0:
		r.shown = append(r.shown, content...)
		r.answers++
	}
	return nil
}

// Glimpsed notes the beginning of an answer that broke off. What it showed must
// stay as well.
func (r *Reader) Glimpsed(content []byte) {
	r.ledger.mu.Lock()
	defer r.ledger.mu.Unlock()
	if len(content) > len(r.glimpse) {
		r.glimpse = bytes.Clone(content)
	}
}

// settle holds what the reader was shown against the content.
func (r *Reader) settle(content []byte) error {
	all := append(bytes.Clone(r.shown), r.glimpse...)
	end := r.base + int64(len(all))
	if end > int64(len(content)) {
		return fmt.Errorf("%s was shown bytes up to %d: got a stream of %d", r.name, end, len(content))
	}
	if i := differ(content[r.base:end], all); i >= 0 {
		at := r.base + int64(i)
		return fmt.Errorf("%s was shown other bytes: got %.80q at %d, want %.80q", r.name, content[at:], at, all[i:])
	}
	r.base += int64(len(r.shown))
	r.ledger.verified.Shown += r.answers
	r.shown, r.glimpse, r.answers = nil, nil, 0
	return nil
}

// differ returns the index of the first byte of a and b, of one length, that
// differs, or -1.
func differ(a, b []byte) int {
	if bytes.Equal(a, b) {
		return -1
	}
	i := 0
	for a[i] == b[i] {
		i++
	}
	return i
}
