package sink

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/weirstreams/weir/stream/jsontext"
)

// remoteStream is a stream and its ledger. Whoever uses it does so alone.
type remoteStream struct {
	r      *Remote
	name   string
	ledger ledger

	loaded bool
	exists bool
	ours   bool  // last is set
	last   entry // of the last append that was made
	next   link  // where the next one goes
	// doubtful says that the ledger holds intents for the next place, any of which
	// may still arrive.
	doubtful bool
}

func newRemoteStream(r *Remote, name string) *remoteStream {
	// Names may be as long as the server allows, so that of the ledger has a length
	// of its own.
	sum := sha256.Sum256([]byte(name))
	l := ledger{server: r.server, name: r.ledgers + hex.EncodeToString(sum[:16])}
	return &remoteStream{r: r, name: name, ledger: l}
}

// load finds out how far the stream has come, unless that is known.
func (s *remoteStream) load(ctx context.Context) error {
	if s.loaded {
		return nil
	}
	entries, err := s.ledger.load(ctx)
	if err != nil {
		return err
	}
	tail, exists, err := s.r.server.head(ctx, s.name)
	if err != nil {
		return err
	}
	s.exists, s.ours, s.last, s.doubtful = exists, false, entry{}, false
	s.next = link{before: tail, epoch: s.next.epoch}
	if len(entries) > 0 {
		s.next.epoch = entries[len(entries)-1].Epoch
	}
	if life := lifeOf(entries, tail); exists && len(life) > 0 {
		err = s.settle(ctx, life)
	} else {
		s.next.epoch = newEpoch(s.next.epoch)
	}
	s.loaded = err == nil
	return err
}

// lifeOf returns the entries about the stream as it is now. Those before are about
// a stream of the same name that was deleted.
func lifeOf(entries []entry, tail int64) []entry {
	n := len(entries)
	if n == 0 || tail == 0 && entries[n-1].Before > 0 {
		return nil
	}
	from := n - 1
	for from > 0 && entries[from-1].Epoch == entries[n-1].Epoch {
		from--
	}
	return entries[from:]
}

// settle finds the last append that was made, by where the stream ends.
func (s *remoteStream) settle(ctx context.Context, entries []entry) error {
	intents, older := lastPlace(entries)
	tail := s.next.before
	made, appended, err := s.made(ctx, intents, tail)
	if err != nil {
		return err
	}
	place := intents[0]
	s.next.seq = place.Seq
	switch {
	case tail == place.Before:
		for _, e := range intents {
			s.doubtful = s.doubtful || e.Bytes > 0
		}
	case appended:
		s.next.seq++
	default:
		return wrap("look at", s.name, errForeign)
	}
	if made == nil && len(older) > 0 {
		earlier, _ := lastPlace(older)
		if made, _, err = s.made(ctx, earlier, place.Before); err != nil {
			return err
		}
	}
	if made != nil {
		s.last, s.ours = *made, true
	}
	return nil
}

// lastPlace splits off the entries at the end that are for the same place in the
// chain of appends.
func lastPlace(entries []entry) (last, older []entry) {
	from := len(entries) - 1
	for from > 0 && entries[from-1].Seq == entries[from].Seq {
		from--
	}
	return entries[from:], entries[:from]
}

// made returns which of the entries for one place came true, if the stream, or this
// part of it, ends there; nil if none did. appended says that an append was made.
// Intents that were repeated in other words after a crash may end at the same place:
// then the bytes tell.
func (s *remoteStream) made(ctx context.Context, intents []entry, end int64) (last *entry, appended bool, err error) {
	sum, differ := "", false
	for i := range intents {
		if e := &intents[i]; e.endsAt(end) {
			differ = differ || sum != "" && sum != e.Sum
			sum = e.Sum
		}
	}
	if differ {
		there, err := s.r.server.bytes(ctx, s.name, intents[0].Before, end)
		if err != nil {
			return nil, false, err
		}
		sum = checksum(there)
	}
	for i := range intents {
		e := &intents[i]
		if e.Bytes > 0 && !(e.endsAt(end) && e.Sum == sum) {
			continue
		}
		appended = appended || e.Bytes > 0
		if last == nil || e.Position >= last.Position {
			last = e
		}
	}
	if appended && last.Bytes == 0 && !last.Torn {
		// What was appended came late, behind what this entry knows of.
		e := *last
		e.Torn, e.Base = true, e.Before
		last = &e
	}
	return last, appended, nil
}

// endsAt reports whether an append ends there. An entry without one has come true
// by being written.
func (e *entry) endsAt(end int64) bool { return e.Bytes > 0 && e.Before+e.Bytes == end }

func (s *remoteStream) state() State {
	st := State{Exists: s.exists, Position: s.last.Position, Note: string(s.last.Note), Tail: s.next.before}
	if s.last.Torn {
		st.Tail = s.last.Base
	}
	return st
}

// append makes an append, unless it was made before.
func (s *remoteStream) append(ctx context.Context, a *Append) error {
	if err := s.load(ctx); err != nil {
		return err
	}
	if s.ours && (a.Position < s.last.Position || a.Position == s.last.Position && a.Note == string(s.last.Note)) {
		return nil
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	goal := entry{Position: a.Position, Note: []byte(a.Note)}
	data, base, err := s.rest(ctx, a.Data)
	if err != nil {
		return err
	}
	if base < s.next.before && len(data) == 0 {
		goal.Torn, goal.Base = true, base
	}
	return s.parts(ctx, data, base, goal)
}

// prepare makes the stream if it is not there.
func (s *remoteStream) prepare(ctx context.Context) error {
	if s.ledger.current == "" {
		if s.exists && s.next.before > 0 {
			return wrap("append to", s.name, ErrForeign)
		}
		// Before anything else, so that it is found however far we come.
		if err := s.r.names.add(ctx, s.name); err != nil {
			return err
		}
	}
	if s.exists {
		return nil
	}
	_, err := s.r.server.create(ctx, s.name, nil)
	s.exists = err == nil
	return err
}

// errTorn says that an append cannot be made whole.
var errTorn = errors.New("it ends with a part of an append, of which other messages have come now than before; delete it to have it made again")

// rest takes from an append what is there already, if the one before was torn. base
// is where it begins, or where that begins which is left over.
func (s *remoteStream) rest(ctx context.Context, data []byte) (rest []byte, base int64, err error) {
	if !s.last.Torn {
		return data, s.next.before, nil
	}
	n := min(int64(len(data)), s.next.before-s.last.Base)
	there, err := s.r.server.bytes(ctx, s.name, s.last.Base, s.last.Base+n)
	if err != nil {
		return nil, 0, err
	}
	if !bytes.Equal(there, data[:n]) {
		return nil, 0, wrap("append to", s.name, errTorn)
	}
	if n < int64(len(data)) {
		return data[n:], s.last.Base, nil
	}
	return nil, s.last.Base + n, nil
}

// parts appends data, in as many requests as the server wants. goal is the entry
// after the last of them, as far as it does not depend on them.
func (s *remoteStream) parts(ctx context.Context, data []byte, base int64, goal entry) error {
	for {
		n := cut(data, s.r.limit.bytes())
		e := goal
		if n < len(data) {
			e = entry{Position: s.last.Position, Note: s.last.Note, Torn: true, Base: base}
		}
		if err := s.intend(ctx, data[:n], &e); err != nil {
			return fmt.Errorf("note an append to %s: %w", s.name, err)
		}
		err := s.carryOut(ctx, data[:n], e)
		switch {
		case errors.Is(err, errTooLarge) && jsontext.Next(data) < n:
			s.r.limit.lower(n / 2)
			continue
		case err != nil:
			return err
		}
		if data = data[n:]; len(data) == 0 {
			return nil
		}
	}
}

// intend writes an entry.
func (s *remoteStream) intend(ctx context.Context, data []byte, e *entry) error {
	e.Epoch, e.Seq, e.Before = s.next.epoch, s.next.seq, s.next.before
	if len(data) > 0 {
		e.Bytes, e.Sum = int64(len(data)), checksum(data)
	}
	var count []entry
	if s.ours {
		count = append(count, s.last)
	}
	return s.ledger.write(ctx, *e, !s.doubtful, count...)
}

// carryOut does what an entry says.
func (s *remoteStream) carryOut(ctx context.Context, data []byte, e entry) error {
	if len(data) > 0 {
		s.doubtful = true
		after, err := s.r.server.post(ctx, s.name, s.next, data)
		if err != nil {
			return err
		}
		s.next.before, s.doubtful = after, false
		s.next.seq++
	}
	s.last, s.ours = e, true
	return nil
}

// cut returns how many bytes of messages go into a request: as many whole ones as
// fit, but one at least.
func cut(data []byte, limit int) int {
	if len(data) <= limit {
		return len(data)
	}
	if n := jsontext.Cut(data, limit); n > 0 {
		return n
	}
	return jsontext.Next(data)
}

// checksum tells apart what intents of one place would append.
func checksum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}
