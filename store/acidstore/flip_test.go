package acidstore_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
)

var flipAll = flag.Bool("flip.all", false, "flip every bit of the small stores, where one of many is usual; takes hours")

// TestFlippedBits flips single bits of the files of small stores, one at a time,
// and asks what is made of it: by Check, by a start and what follows it, and by a
// store that is open meanwhile.
func TestFlippedBits(t *testing.T) {
	t.Parallel()
	for _, shards := range []int{1, 2} {
		for how, killed := range map[string]bool{"closed": false, "killed": true} {
			t.Run(fmt.Sprint(shards, " shards ", how), func(t *testing.T) {
				t.Parallel()
				f := newFlipStore(t, shards, killed)
				f.eachBit(t, flipsToCheck, f.flipAndCheck)
				f.eachBit(t, flipsToStart, f.flipAndStart)
				f.eachBitOpen(t)
			})
		}
	}
}

// flips says of how many bits one is tried, in each kind of region.
type flips map[acidstore.RegionKind]int

var (
	flipsToCheck = flips{
		acidstore.MetaRegion: 15, acidstore.StructureRegion: 30, acidstore.HeaderRegion: 3, acidstore.KindRegion: 3,
		acidstore.ValueRegion: 500, acidstore.RestRegion: 5000, acidstore.FreeRegion: 10000,
	}
	flipsToStart = flips{
		acidstore.MetaRegion: 30, acidstore.StructureRegion: 120, acidstore.HeaderRegion: 8, acidstore.KindRegion: 4,
		acidstore.ValueRegion: 2500, acidstore.RestRegion: 20000, acidstore.FreeRegion: 20000,
	}
	flipsToRun = flips{
		acidstore.MetaRegion: 40, acidstore.StructureRegion: 100, acidstore.HeaderRegion: 8, acidstore.KindRegion: 2,
		acidstore.ValueRegion: 2000, acidstore.RestRegion: 20000, acidstore.FreeRegion: 20000,
	}
)

// trial flips one bit of a file, says what has come of it, and takes it back.
type trial func(file *flipFile, g acidstore.Region, at int64, bit int) (what string, err error)

// manyErrors is how many wrong answers are enough.
const manyErrors = 20

// eachBit tries bits of each kind of region.
func (f *flipStore) eachBit(t *testing.T, one flips, try trial) {
	t.Helper()
	tally, failures := make(map[string]int), 0
	rng := rand.New(rand.NewPCG(1, uint64(f.shards)))
	for _, file := range f.files {
		for _, g := range file.regions {
			for n := 8 * g.From; n < 8*g.To; n++ {
				if !*flipAll && rng.IntN(one[g.Kind]*flipsSkipped) > 0 {
					continue
				}
				at, bit := n/8, int(n%8)
				what, err := try(file, g, at, bit)
				if tally[string(g.Kind)+": "+what]++; err == nil {
					continue
				}
				t.Errorf("%s, bit %d of byte %d (%d of page %d), %s of %.8q: %v", file.name, bit, at, at%pageBytes, at/pageBytes, g.Kind, g.Stream, err)
				if failures++; failures == manyErrors {
					t.FailNow()
				}
			}
		}
	}
	t.Logf("%v", tally)
}

// flipAndCheck asks Check for the place of a flipped bit.
func (f *flipStore) flipAndCheck(file *flipFile, g acidstore.Region, at int64, bit int) (string, error) {
	if err := file.flip(at, bit); err != nil {
		return "", err
	}
	found, err := f.check()
	if err := errors.Join(err, file.unflip(at)); err != nil {
		return "", err
	}
	return placed(g, file.name, found)
}

// flipAndStart opens a store with a flipped bit.
func (f *flipStore) flipAndStart(file *flipFile, g acidstore.Region, at int64, bit int) (string, error) {
	if err := file.flip(at, bit); err != nil {
		return "", err
	}
	what, err := f.start(file, g)
	return what, errors.Join(err, f.restore())
}

// eachBitOpen flips bits below a store that is open, and takes them back.
func (f *flipStore) eachBitOpen(t *testing.T) {
	t.Helper()
	s := open(t, f.dir, f.shards)
	defer s.Abandon()
	s.Tidy() // or a fold would come in between
	for _, file := range f.files {
		if err := file.read(); err != nil {
			t.Fatal(err)
		}
	}
	f.eachBit(t, flipsToRun, func(file *flipFile, g acidstore.Region, at int64, bit int) (string, error) {
		if err := file.flip(at, bit); err != nil {
			return "", err
		}
		found := scrub(t, s)
		if err := errors.Join(f.want.judge(s), file.unflip(at)); err != nil {
			return "", err
		}
		return placed(g, file.name, found)
	})
	wantWhole(t, s)
}

// placed asks for a report of the place, unless nothing is there.
func placed(g acidstore.Region, file string, found []store.CorruptionError) (string, error) {
	if g.Kind == acidstore.FreeRegion {
		if len(found) > 0 {
			return "", fmt.Errorf("got %+v, want nothing, as the page is free", found)
		}
		return "nothing", nil
	}
	place, name := false, g.Stream == ""
	for _, d := range found {
		place = place || d.File == file && d.Offset >= g.Node && d.Offset < g.End
		name = name || d.Stream == g.Stream
	}
	if !place || !name {
		return "", fmt.Errorf("got %.600s, want a place from %d to %d and stream %.8q", fmt.Sprintf("%+v", found), g.Node, g.End, g.Stream)
	}
	return "found", nil
}
