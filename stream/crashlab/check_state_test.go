package crashlab_test

import (
	"fmt"
	"maps"

	"github.com/weirstreams/weir/store"
)

// checkStates holds what is stored of each stream beside its bytes against the
// bytes.
func (c *checker) checkStates() error {
	for _, f := range c.streams {
		for _, law := range []func(*found) error{c.checkClosed, c.checkProducers, c.checkSeq, c.checkMark, c.checkBounds} {
			if err := law(f); err != nil {
				return fmt.Errorf("state of %s: %w", f.meta.Name, err)
			}
		}
	}
	return nil
}

// closer finds the close that took effect: the append it came with, when that is
// there, or one without bytes.
func (c *checker) closer(f *found) (p *post, must bool) {
	for _, x := range f.present {
		if x.close {
			return x, true
		}
	}
	for _, x := range f.in.posts {
		if !x.close || len(x.stored) > 0 || x.dead || !c.may(x.event) {
			continue
		}
		if sameProducer(x.producer, f.meta.ClosedBy) {
			p = x
		}
		must = must || c.must(x.event)
	}
	return p, must
}

func sameProducer(a, b *store.ProducerAppend) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

func (c *checker) checkClosed(f *found) error {
	by, must := c.closer(f)
	switch m := &f.meta; {
	case !m.Closed && (must || f.in.born || f.in.sealed):
		return fmt.Errorf("it was closed and is open")
	case !m.Closed || f.in.born:
		return nil
	case by == nil:
		return fmt.Errorf("it is closed by %v, which nobody asked for", m.ClosedBy)
	case !sameProducer(by.producer, m.ClosedBy):
		return fmt.Errorf("it is closed by %v, want %v", m.ClosedBy, by.producer)
	case len(by.stored) > 0 && f.present[len(f.present)-1] != by:
		return fmt.Errorf("there are bytes behind the append that closed it")
	case len(by.stored) == 0 && by.at != unknown && by.at != m.Tail && by.must(c.sure):
		return fmt.Errorf("it was closed at %d, and its tail is %d", by.at, m.Tail)
	}
	return nil
}

// checkProducers: what is known of a producer is its last append in the bytes.
func (c *checker) checkProducers(f *found) error {
	want := make(map[string]store.ProducerState)
	for _, p := range f.present {
		if p.producer != nil {
			want[p.producer.ID] = store.ProducerState{Epoch: p.producer.Epoch, Seq: p.producer.Seq}
		}
	}
	if by := f.meta.ClosedBy; f.meta.Closed && by != nil {
		want[by.ID] = store.ProducerState{Epoch: by.Epoch, Seq: by.Seq}
	}
	if !maps.Equal(f.meta.Producers, want) {
		return fmt.Errorf("got producers %v, want %v", f.meta.Producers, want)
	}
	return nil
}

func (c *checker) checkSeq(f *found) error {
	want := ""
	for _, p := range f.present {
		if p.seq != "" {
			want = p.seq
		}
	}
	if f.meta.LastSeq != want {
		return fmt.Errorf("got Stream-Seq %q, want %q", f.meta.LastSeq, want)
	}
	return nil
}

func (c *checker) checkMark(f *found) error {
	if got, want := f.meta.Marks[lengthMark], fmt.Sprint(f.meta.Tail); f.in.marked && got != want {
		return fmt.Errorf("got a mark that says %q, want the length, %s", got, want)
	}
	return nil
}

// checkBounds: the store knows where each append begins and ends.
func (c *checker) checkBounds(f *found) error {
	at := f.in.base()
	for _, p := range f.present {
		end := at + int64(len(p.stored))
		for _, pos := range []int64{at, end - 1} {
			if from, to, err := f.handle.AppendAt(pos); err != nil || from != at || to != end {
				return fmt.Errorf("append at %d: got %d to %d, %v, want %d to %d", pos, from, to, err, at, end)
			}
		}
		at = end
	}
	return nil
}
