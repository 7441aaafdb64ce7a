package acidstore_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
)

// TestPowerCuts cuts the power at every moment of the transactions of random work,
// with what a disk can have done by then of the writes that were not synced, and
// asks for everything that was acknowledged and for the rest whole or not at all.
func TestPowerCuts(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	states, transactions, done := 0, 0, make(map[string]int)
	t.Run("seeds", func(t *testing.T) {
		for seed, shards := range map[uint64]int{1: 2, 2: 4, 3: 1, 4: 2} {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				c := cutEverywhere(t, seed, shards)
				mu.Lock()
				defer mu.Unlock()
				states, transactions = states+c.states, transactions+c.transactions
				for name, n := range c.done {
					done[name] += n
				}
			})
		}
	})
	t.Logf("checked %d states that a power cut can leave of %d transactions of %v", states, transactions, done)
	for name := range operations {
		if done[name] == 0 && flipsSkipped == 1 {
			t.Errorf("operation %s: got none, want some", name)
		}
	}
}

// cutEverywhere lets a lab work and checks every round.
func cutEverywhere(t *testing.T, seed uint64, shards int) *cuts {
	l := newLab(t, seed, shards)
	c := newCuts(l)
	for round := 0; c.states < statesPerSeed; round++ {
		if round%8 == 7 {
			l.restart()
		} else {
			l.round()
		}
		c.round(fmt.Sprint("round ", round))
	}
	l.end()
	return c
}

// cuts checks what power cuts leave of the work of a lab.
type cuts struct {
	*lab
	dir                  string
	disks                []*disk
	states, transactions int
}

func newCuts(l *lab) *cuts {
	c := &cuts{lab: l, dir: l.TempDir()}
	s := open(l.T, c.dir, len(l.shards))
	closeStore(l.T, s)
	for i := range l.shards {
		c.disks = append(c.disks, &disk{path: filepath.Join(c.dir, s.File(i))})
	}
	return c
}

// round cuts the power at each transaction of a round, while the other shards have
// got anywhere in theirs.
func (c *cuts) round(when string) {
	c.Helper()
	for shard, moments := range c.shards {
		for i := 1; i < len(moments); i++ {
			c.transactions++
			for _, w := range moments[i].tr.wrecks(c.rng, 5) {
				world := moments[i-1].world
				if w.applied {
					world = moments[i].world
				}
				c.cut(fmt.Sprintf("%s, shard %d, transaction %d with %s", when, shard, i, w.what), shard, w.image, world)
			}
		}
	}
}

// cut checks one state of a shard beside any of the others.
func (c *cuts) cut(what string, shard int, im image, w world) {
	c.Helper()
	worlds := make([]world, len(c.shards))
	for i, moments := range c.shards {
		m := moments[c.rng.IntN(len(moments))]
		if worlds[i] = m.world; i == shard {
			m.image, worlds[i] = im, w
		}
		if err := c.disks[i].put(m.image); err != nil {
			c.Fatal(err)
		}
	}
	c.states++
	err := c.compare(union(worlds))
	if err == nil && c.states%50 == 0 {
		err = c.writeOn(union(worlds))
	}
	if err != nil {
		c.Fatalf("%s: %v", what, err)
	}
}

// compare opens what is left and compares.
func (c *cuts) compare(want world) error {
	s, err := acidstore.Open(c.dir, &acidstore.Options{Shards: len(c.disks)})
	if err != nil {
		return err
	}
	defer s.Abandon()
	if err := want.compare(s); err != nil {
		return err
	}
	var found error
	err = s.Scrub(context.Background(), store.ScrubOptions{Report: func(d store.CorruptionError) { found = fmt.Errorf("scrub: %w", &d) }})
	if err == nil {
		err = found
	}
	return err
}

// writeOn opens what is left, goes on with it, ends in order, and compares again.
func (c *cuts) writeOn(want world) error {
	s, err := acidstore.Open(c.dir, &acidstore.Options{Shards: len(c.disks)})
	if err != nil {
		return err
	}
	for name, h := range want {
		if h.meta.Closed || h.meta.Deleted {
			continue
		}
		mustAppend(c.T, s, name, "written on")
		want[name] = h.after(text("written on"))
	}
	if err := s.Close(); err != nil {
		return err
	}
	return c.compare(want)
}
