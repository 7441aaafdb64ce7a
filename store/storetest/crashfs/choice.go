package crashfs

import (
	"fmt"
	"math/rand/v2"
)

// Choice decides what a crash leaves of the changes that were not made durable.
// One Choice always decides the same way about the same log.
type Choice struct {
	kind choiceKind
	seed uint64
}

type choiceKind uint8

const (
	keepSynced choiceKind = iota
	keepEverything
	keepTorn
	keepSeeded
)

// The fixed choices.
var (
	// Synced leaves nothing that was not made durable.
	Synced = Choice{kind: keepSynced}
	// Everything leaves all, as when only the process is killed.
	Everything = Choice{kind: keepEverything}
	// Torn leaves everything before the last call, and of that one, when it was
	// a write, the first half.
	Torn = Choice{kind: keepTorn}
)

// Seeded leaves what the dice say, for each change on its own.
func Seeded(seed uint64) Choice { return Choice{kind: keepSeeded, seed: seed} }

// String returns the choice as a test may print it.
func (c Choice) String() string {
	switch c.kind {
	case keepSynced:
		return "synced"
	case keepEverything:
		return "everything"
	case keepTorn:
		return "torn"
	default:
		return fmt.Sprintf("seeded %d", c.seed)
	}
}

// fortune answers what is left, change by change, in the order of the log.
type fortune struct {
	choice Choice
	rng    *rand.Rand
	// Of a hundred changes so many are left, of names and of data.
	names, data int
	// inOrder is a file system that journals: behind a name that is not done
	// none is.
	inOrder, stopped bool
}

func (c Choice) fortune() *fortune {
	f := &fortune{choice: c}
	if c.kind != keepSeeded {
		return f
	}
	f.rng = rand.New(rand.NewPCG(c.seed, 0x77656972))
	often := []int{10, 50, 90}
	f.names, f.data = often[f.rng.IntN(3)], often[f.rng.IntN(3)]
	f.inOrder = f.rng.IntN(2) == 0
	return f
}

// name reports whether a change in a folder is left.
func (f *fortune) name() bool {
	switch {
	case f.choice.kind == keepSynced:
		return false
	case f.rng == nil:
		return true
	case f.inOrder && f.stopped:
		return false
	}
	left := f.rng.IntN(100) < f.names
	f.stopped = !left
	return left
}

// sector is how much of a write a disk writes in one step.
const sector = 512

// leave does to b what is left of a change.
func (f *fortune) leave(b []byte, x *dataChange) []byte {
	switch {
	case f.choice.kind == keepSynced:
		return b
	case f.rng == nil, f.rng.IntN(100) < f.data:
		return x.apply(b)
	case x.cut:
		return b
	}
	end := x.off + int64(len(x.data))
	switch f.rng.IntN(5) {
	case 0: // torn at a byte
		return put(b, x.off, x.data[:f.rng.IntN(len(x.data)+1)])
	case 1: // the size, but no bytes
		return resized(b, max(int64(len(b)), end))
	case 2:
		return f.someSectors(b, x)
	default:
		return b
	}
}

// someSectors does a write in some of the sectors that it touches.
func (f *fortune) someSectors(b []byte, x *dataChange) []byte {
	for from := x.off; from < x.off+int64(len(x.data)); {
		to := min(from/sector*sector+sector, x.off+int64(len(x.data)))
		if f.rng.IntN(2) == 0 {
			b = put(b, from, x.data[from-x.off:to-x.off])
		}
		from = to
	}
	return b
}
