package acidstore_test

import (
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
)

// lab drives a store, takes an image of a shard's file after every transaction,
// and knows what each of them holds.
//
// It goes in rounds. What is staged in one round is independent, so a power cut
// may find any of its transactions done and any of them not.
type lab struct {
	*testing.T
	rng    *rand.Rand
	dir    string
	s      *acidstore.Store
	step   func()
	letGo  func()
	shards [][]moment // of the present round, by shard
	staged []*staged  // what is not known to have settled
	taken  []string   // the streams that this round changes or needs
	held   []store.Handle
	done   map[string]int // how often each kind of operation was done
}

// moment is a shard between two transactions.
type moment struct {
	image
	world
	// tr led here from the moment before; nil for the first of a round.
	tr *transition
}

// staged is an operation whose outcome is not known.
type staged struct {
	name    string
	outcome outcome
	apply   func(world)
}

func newLab(t *testing.T, seed uint64, shards int) *lab {
	l := &lab{T: t, rng: rand.New(rand.NewPCG(seed, 0)), dir: t.TempDir(), done: make(map[string]int)}
	l.start(shards)
	for i := range shards {
		l.shards = append(l.shards, []moment{{image: l.image(i, image{}), world: world{}}})
	}
	return l
}

func (l *lab) start(shards int) {
	l.Helper()
	l.s = open(l.T, l.dir, shards)
	l.step, l.letGo = l.s.HoldTurns()
}

func (l *lab) end() {
	l.letGo()
	closeStore(l.T, l.s)
}

func (l *lab) image(shard int, earlier image) image {
	l.Helper()
	im, err := takeImage(filepath.Join(l.dir, l.s.File(shard)), earlier)
	if err != nil {
		l.Fatal(err)
	}
	return im
}

// now is the last moment of a shard.
func (l *lab) now(shard int) *moment {
	of := l.shards[shard]
	return &of[len(of)-1]
}

// all is what the store holds now.
func (l *lab) all() world {
	var worlds []world
	for i := range l.shards {
		worlds = append(worlds, l.now(i).world)
	}
	return union(worlds)
}

// look notes a transaction of each shard that has committed since the last look.
// What has settled in that shard meanwhile is what it did.
func (l *lab) look() {
	l.Helper()
	for i := range l.shards {
		last := l.now(i)
		same, err := last.sameMetas(filepath.Join(l.dir, l.s.File(i)))
		if err != nil {
			l.Fatal(err)
		}
		if same {
			continue
		}
		im := l.image(i, last.image)
		tr, err := newTransition(last.image, im)
		if err != nil {
			l.Fatalf("shard %d: %v", i, err)
		}
		l.shards[i] = append(l.shards[i], moment{im, l.settle(i, last.world), &tr})
	}
}

// settle returns the world of a shard after what has settled there.
func (l *lab) settle(shard int, w world) world {
	l.Helper()
	w = maps.Clone(w)
	l.staged = slices.DeleteFunc(l.staged, func(o *staged) bool {
		if acidstore.ShardOf(o.name, len(l.shards)) != shard || len(o.outcome) == 0 {
			return false
		}
		if err := <-o.outcome; err != nil {
			l.Fatalf("operation on %q: %v", o.name, err)
		}
		o.apply(w)
		return true
	})
	return w
}

// during steps until f has returned, and notes every transaction.
func (l *lab) during(f func()) {
	l.Helper()
	returned := make(chan struct{})
	go func() {
		defer close(returned)
		f()
	}()
	for {
		select {
		case <-returned:
			return
		default:
			l.step()
			l.look()
		}
	}
}

// round stages some operations, lets them settle, and forgets the moments of the
// round before.
func (l *lab) round() {
	l.Helper()
	for i := range l.shards {
		last := l.now(i)
		l.shards[i] = []moment{{last.image, last.world, nil}}
	}
	l.taken = nil
	for range 1 + l.rng.IntN(8) {
		l.stageAny()
	}
	settle := l.s.Drain
	if l.rng.IntN(3) == 0 {
		settle = l.s.Tidy
		l.done["fold"]++
	}
	l.during(settle)
	if len(l.staged) > 0 {
		l.Fatalf("%d operations have not settled", len(l.staged))
	}
	for _, h := range l.held {
		h.Release()
	}
	l.held = nil
}

// restart ends the store in order and opens it again, as a round of its own.
func (l *lab) restart() {
	l.Helper()
	l.during(l.s.Tidy)
	l.during(func() { cleared(l.T, l.s) })
	for i := range l.shards {
		last := l.now(i)
		l.shards[i] = []moment{{last.image, last.world, nil}}
	}
	l.end()
	l.look()
	l.start(len(l.shards))
	l.look()
	l.done["restart"]++
}
