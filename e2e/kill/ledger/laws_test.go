package ledger_test

import (
	"strings"
	"testing"

	"github.com/weirstreams/weir/e2e/kill/ledger"
)

// story is a ledger, and the stream as a server might show it.
type story struct {
	*ledger.Ledger
	reader *ledger.Reader
	view   ledger.View
}

func newStory(kind ledger.Kind, inherited string) *story {
	s := &story{Ledger: ledger.New(kind, []byte(inherited))}
	s.reader = s.Reader("reader")
	s.Created()
	s.view.Found = true
	s.view.Content = []byte(inherited)
	return s
}

func number(n int) ledger.Append {
	return ledger.Append{ID: ledger.ID{Writer: "w", N: n}, Parts: 2, Pad: n}
}

// acked notes an append that was acknowledged where a faithful server puts it.
func (s *story) acked(n int) {
	s.Sent(number(n).ID)
	s.stores(n)
	s.Acked(number(n).ID, int64(len(s.view.Content)))
}

// stores adds the append to what the server shows, and nothing else.
func (s *story) stores(n int) {
	s.view.Content = append(s.view.Content, s.Kind().Stored(number(n))...)
}

// loses cuts the last bytes off what the server shows.
func (s *story) loses(bytes int) {
	s.view.Content = s.view.Content[:len(s.view.Content)-bytes]
}

func (s *story) shows() {
	s.reader.Shown(s.view.Content, int64(len(s.view.Content)))
}

// check makes all ways to see the tail agree, and checks.
func (s *story) check() error {
	tip := ledger.Tip{Tail: int64(len(s.view.Content)), Closed: s.view.Closed}
	s.view.Tail, s.view.Head, s.view.Poll = tip.Tail, tip, &tip
	return s.checkAsIs()
}

func (s *story) checkAsIs() error {
	v := s.view
	v.Content = append([]byte(nil), v.Content...)
	return s.Check(v)
}

// crimes are what a server must not do; the law that is broken begins the report.
var crimes = []struct {
	law    string
	commit func(s *story) error
}{
	{"an acknowledged append is there", func(s *story) error {
		s.acked(1)
		s.acked(2)
		s.loses(len(s.Kind().Stored(number(2))))
		return s.check()
	}},
	{"an append is there once", func(s *story) error {
		s.acked(1)
		s.stores(1)
		return s.check()
	}},
	{"an append is whole", func(s *story) error {
		s.acked(1)
		s.loses(1)
		return s.check()
	}},
	{"an append is whole", func(s *story) error {
		s.Sent(number(1).ID)
		stored := s.Kind().Stored(number(1))
		s.view.Content = stored[:len(stored)/2] // the first of two records
		return s.check()
	}},
	{"an append is whole", func(s *story) error {
		s.acked(1)
		s.view.Content[len(s.view.Content)/3] ^= 1
		return s.check()
	}},
	{"an append is where its answer said", func(s *story) error {
		s.Sent(number(1).ID)
		s.acked(2)
		s.Acked(number(2).ID, 7)
		return s.check()
	}},
	{"a writer's appends are in its order", func(s *story) error {
		s.acked(2)
		s.acked(1)
		return s.check()
	}},
	{"a stream has only what was sent to it", func(s *story) error {
		s.stores(9)
		return s.check()
	}},
	{"what a check did not find stays away", func(s *story) error {
		s.Sent(number(1).ID)
		if err := s.check(); err != nil {
			return err
		}
		s.stores(1)
		return s.check()
	}},
	{"what was read before stays", func(s *story) error {
		s.Sent(number(1).ID) // never acknowledged
		s.stores(1)
		if err := s.check(); err != nil {
			return err
		}
		s.view.Content = nil
		return s.check()
	}},
	{"reader was shown bytes up to", func(s *story) error {
		s.Sent(number(1).ID)
		s.stores(1)
		s.shows()
		s.view.Content = nil
		return s.check()
	}},
	{"reader was shown other bytes", func(s *story) error {
		s.Sent(number(1).ID)
		s.Sent(number(2).ID)
		s.stores(1)
		s.shows()
		s.view.Content = nil
		s.stores(2)
		return s.check()
	}},
	{"reader was shown bytes up to", func(s *story) error {
		s.Sent(number(1).ID)
		s.reader.Glimpsed(s.Kind().Stored(number(1))[:4])
		return s.check()
	}},
	{"reader was shown", func(s *story) error {
		s.acked(1)
		return s.reader.Shown(s.view.Content, int64(len(s.view.Content))+1)
	}},
	{"closed stays closed", func(s *story) error {
		s.CloseSent(nil)
		if err := s.ClosedAt(0); err != nil {
			return err
		}
		return s.check()
	}},
	{"a closed stream keeps its final offset", func(s *story) error {
		s.CloseSent(nil)
		s.acked(1)
		if err := s.ClosedAt(0); err != nil {
			return err
		}
		s.view.Closed = true
		return s.check()
	}},
	{"final offset", func(s *story) error {
		s.CloseSent(nil)
		if err := s.ClosedAt(5); err != nil {
			return err
		}
		return s.ClosedAt(6)
	}},
	{"closed by nobody", func(s *story) error { return s.ClosedAt(0) }},
	{"closed by nobody", func(s *story) error {
		s.view.Closed = true
		return s.check()
	}},
	{"an append that closes does both or nothing", func(s *story) error {
		s.Sent(number(1).ID)
		s.CloseSent(&number1)
		s.stores(1)
		return s.check()
	}},
	{"an append that closes does both or nothing", func(s *story) error {
		s.Sent(number(1).ID)
		s.CloseSent(&number1)
		s.view.Closed = true
		return s.check()
	}},
	{"deleted stays deleted", func(s *story) error {
		s.DeleteSent()
		s.Deleted()
		return s.check()
	}},
	{"deleted stays deleted", func(s *story) error { // found deleted, though no answer said so
		s.DeleteSent()
		s.view.Found = false
		if err := s.check(); err != nil {
			return err
		}
		s.view.Found = true
		return s.check()
	}},
	{"a created stream stays", func(s *story) error {
		s.view.Found = false
		return s.check()
	}},
	{"the last page's offset", func(s *story) error {
		s.acked(1)
		return s.checkAsIs()
	}},
	{"HEAD and the last page agree", func(s *story) error {
		s.view.Head.Closed = true
		return s.checkAsIs()
	}},
	{"a long-poll at the tail and the last page agree", func(s *story) error {
		s.view.Poll = &ledger.Tip{Tail: 1}
		return s.checkAsIs()
	}},
}

var number1 = number(1).ID

func TestCrimesAreSeen(t *testing.T) {
	for _, kind := range []ledger.Kind{ledger.Text, ledger.Binary, ledger.JSON} {
		for i, crime := range crimes {
			err := crime.commit(newStory(kind, ""))
			if err == nil || !strings.HasPrefix(err.Error(), crime.law) {
				t.Errorf("crime %d in a stream of %s: got %v, want %q to be broken", i, kind.ContentType(), err, crime.law)
			}
		}
	}
}

func TestForkWithoutItsSource(t *testing.T) {
	for _, content := range []string{"", "the sauce", "the sour"} {
		s := newStory(ledger.Text, "the source")
		s.view.Content = []byte(content)
		if err := s.check(); err == nil || !strings.HasPrefix(err.Error(), "a fork has its source's bytes") {
			t.Errorf("fork with %q: got %v, want an error", content, err)
		}
	}
}
