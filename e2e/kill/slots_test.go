package kill_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/weirstreams/weir/e2e/internal/wire"
	"github.com/weirstreams/weir/e2e/kill/ledger"
)

const (
	slots = 6
	// An incarnation lives for up to this many eras, and then some.
	erasToLive = 4
	eraPart    = 80 * time.Millisecond
)

// slot makes streams, one after the other: each is created or forked, used,
// perhaps closed, and deleted. Its name is used again at once, or never.
type slot struct {
	*lab
	number int
	rand   *rand.Rand
	name   string
	names  int // so far
	kind   ledger.Kind
}

func (l *lab) startSlots() {
	for i := range slots {
		s := &slot{lab: l, number: i, rand: l.random(fmt.Sprint("slot ", i)), kind: ledger.Kind(i % ledger.Kinds)}
		s.rename()
		l.users.Go(s.run)
	}
}

func (s *slot) rename() {
	s.names++
	s.name = fmt.Sprintf("kill/%d/%d", s.number, s.names)
}

func (s *slot) run() {
	for s.ctx.Err() == nil {
		i := s.create()
		if i == nil {
			continue
		}
		s.use(i)
		s.outlive(i, s.rand.IntN(erasToLive))
		if s.rand.IntN(2) == 0 {
			s.close(i)
			s.outlive(i, s.rand.IntN(2))
		}
		s.delete(i)
	}
}

// use sets clients on the stream: some writers, and readers of all kinds.
func (s *slot) use(i *incarnation) {
	for role, write := range waysToWrite {
		w := &writer{lab: s.lab, to: i, name: i.writer(role), rand: s.random(i.writer(role))}
		if s.rand.IntN(3) > 0 {
			s.users.Go(func() { write(w) })
		}
	}
	for way, read := range waysToRead {
		r := newReader(s.lab, i, way)
		s.users.Go(func() { read(r) })
	}
}

// outlive returns when the number of kills has been survived, at a random moment
// of the era, or when the stream is full.
func (s *slot) outlive(i *incarnation, kills int) {
	for until := s.kill.Load() + int64(kills); s.kill.Load() < until; {
		select {
		case <-i.full:
			return
		case <-s.ctx.Done():
			return
		case <-time.After(eraPart / 8):
		}
	}
	s.pause(time.Duration(s.rand.Int64N(int64(eraPart))))
}

// ends reports whether the run is over, for loops that ask until they have an
// answer.
func (s *slot) ends(err error) bool {
	return err != nil && s.ctx.Err() != nil
}

// delete removes the stream and waits until the server has said so.
func (s *slot) delete(i *incarnation) {
	s.mu.Lock()
	i.deleting = true // from now on nobody forks it
	bury := len(i.forks) > 0 || s.rand.IntN(2) == 0
	s.mu.Unlock()
	for doubt := false; ; doubt = true {
		resp, _, err := s.ask(wire.Request{Method: http.MethodDelete, Stream: i.name}, i.DeleteSent)
		switch gone := resp.Status == http.StatusNotFound || resp.Status == http.StatusGone; {
		case s.ends(err):
			return
		case err != nil:
			continue
		case resp.Status == http.StatusNoContent, gone && doubt:
			s.deleted(i, bury)
		default:
			s.broken(i, "DELETE: got status %d, want 204: %s", resp.Status, resp.Body)
		}
		return
	}
}

func (s *slot) deleted(i *incarnation, bury bool) {
	i.Deleted()
	s.remove(i, bury)
	s.mu.Lock()
	s.tally.deletes++
	s.mu.Unlock()
	if bury {
		s.rename()
	} else {
		i.Reused()
	}
	s.kind = (s.kind + 1) % ledger.Kinds
}
