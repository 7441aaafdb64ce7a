package crashlab_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/weirstreams/weir/store/storetest/crashfs"
)

// A seed's life goes through so many generations: random work, a cut at a random
// place, a server opened on what is left, which the next generation goes on
// with.
const (
	generations = 4
	stepsEach   = 14
)

// TestRandom lives random lives, and cuts each generation at many more places
// than the one that it goes on from.
func TestRandom(t *testing.T) {
	first, count := 0, 24
	switch {
	case *seed >= 0:
		first, count = *seed, 1
	case *seeds > 0:
		count = *seeds
	case quick():
		count = 3
	}
	begun := time.Now()
	for i := first; i < first+count && !t.Failed(); i++ {
		for _, m := range modes {
			inBubble(t, func(t *testing.T) { live(t, m, i) })
		}
		if *seeds > 0 && time.Since(begun) > 5*time.Second {
			begun = time.Now()
			fmt.Printf("seed %d of %d, %d crash points\n", i+1-first, count, tally.points.Load())
		}
	}
}

// live is the life of one seed, and returns what it did to the files.
func live(t *testing.T, m mode, seed int) []string {
	rng := rand.New(rand.NewPCG(uint64(seed), uint64(len(m.name))))
	l := newLab(t, m, m.files(), newWorld())
	l.seeded = 1
	var trace []string
	for g := range generations {
		l.repeat = fmt.Sprintf("go test ./stream/crashlab -run TestRandom -crash.seed=%d # %s, generation %d", seed, m.name, g)
		l.salt = rng.Uint64()
		d := &dice{rng: rng, names: 6}
		for range stepsEach {
			l.play(d.step())
		}
		trace = append(trace, l.r.fs.Trace(0, l.r.date())...)
		l.scan(rng)
		l.reincarnate(rng)
	}
	l.end()
	return trace
}

// play runs a step without looking at the cuts in it.
func (l *lab) play(f func(r *rig)) {
	f(l.r)
	l.r.rest()
}

// scan looks at some cuts of the life so far.
func (l *lab) scan(rng *rand.Rand) {
	l.t.Helper()
	every := 5
	if quick() {
		every = 40
	}
	for at := rng.IntN(every); at <= l.r.date(); at += 1 + rng.IntN(2*every) {
		choices := l.choices(at)
		l.point(at, choices[rng.IntN(len(choices))])
	}
}

// reincarnate ends the life at a random place and goes on with what is left.
func (l *lab) reincarnate(rng *rand.Rand) {
	l.t.Helper()
	at := l.r.date() - rng.IntN(min(60, l.r.date()))
	choices := l.choices(at)
	choice := choices[rng.IntN(len(choices))]
	when := cut{sure: at, at: at}
	if choice == crashfs.Torn {
		when.sure--
	}
	l.r.note("the end of a generation, at %d, %s", at, choice)
	image := l.r.fs.Crash(at, choice)
	old := l.r
	old.kill()
	r, err := start(image, l.mode.synced, old.w)
	if err != nil {
		l.fail(at, choice.String(), err)
	}
	c := &checker{w: old.w, cut: when, law: l.mode.law, st: r.st, e: r.e}
	if err := c.run(); err != nil {
		r.kill()
		l.fail(at, choice.String(), err)
	}
	c.settle()
	l.r, l.next = r, 0
	l.retryProducers(c)
}

// retryProducers lets every producer send its last append again, and a gap, and
// then go on.
func (l *lab) retryProducers(c *checker) {
	l.t.Helper()
	for _, f := range c.streams {
		if f.code != "" || f.meta.Closed {
			continue
		}
		for id, last := range f.meta.Producers {
			if err := c.refuses(l.r.e, f, id, last); err != nil {
				l.fail(0, "for the next generation", fmt.Errorf("producer %s of %s: %w", id, f.meta.Name, err))
			}
			if p := l.r.produce(f.in, id, last.Epoch, last.Seq+1, 30); p.done == never {
				l.fail(0, "for the next generation", fmt.Errorf("%s was refused", p))
			}
		}
	}
}
