package acidstore_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/weirstreams/weir/store/acidstore/internal/boltfile"
)

// transition is what one transaction has done to a file: bbolt writes pages, syncs,
// writes one of its two meta pages, and syncs again.
type transition struct {
	before, after image
	data          []int // the pages that it has written
	meta          int   // and the meta page
}

func newTransition(before, after image) (transition, error) {
	tr := transition{before: before, after: after, meta: -1}
	for i := range after.pages {
		switch {
		case bytes.Equal(before.page(i), after.page(i)):
		case i > 1:
			tr.data = append(tr.data, i)
		case tr.meta >= 0:
			return tr, errors.New("both meta pages were written")
		default:
			tr.meta = i
		}
	}
	if was, is := before.transaction(), after.transaction(); tr.meta < 0 || is != was+1 {
		return tr, fmt.Errorf("transactions %d to %d, meta page %d: want one transaction", was, is, tr.meta)
	}
	return tr, nil
}

// wreck is what a power cut can leave of a file: the state before the transaction
// or, when applied is set, the one after it.
type wreck struct {
	image
	applied bool
	what    string
}

// wrecks returns what a power cut can leave at each moment of the transaction, in
// n ways beside the four that are always there.
func (tr *transition) wrecks(rng *rand.Rand, n int) []wreck {
	all := []wreck{
		{tr.before, false, "nothing of it"},
		{tr.after, true, "all of it"},
		{tr.some(rng, 1, 0), false, "all pages and not the meta page"},
		{tr.grown(rng), false, "a part of the growth"},
	}
	for range n {
		switch rng.IntN(4) {
		case 0:
			all = append(all, wreck{tr.some(rng, 0.5, 0), false, "some pages"})
		case 1:
			all = append(all, wreck{tr.some(rng, 0.7, 0.5), false, "some pages and parts of others"})
		case 2:
			all = append(all, wreck{tr.some(rng, 0.1, 1), false, "parts of pages"})
		default:
			all = append(all, tr.tornMeta(rng))
		}
	}
	return all
}

// some returns the state before with each page of the transaction written with
// some probability, and each written one torn with some.
func (tr *transition) some(rng *rand.Rand, written, torn float64) image {
	pages := make(map[int][]byte)
	for _, i := range tr.data {
		switch {
		case rng.Float64() >= written:
		case rng.Float64() < torn:
			pages[i] = mix(rng, tr.before.page(i), tr.after.page(i))
		default:
			pages[i] = tr.after.page(i)
		}
	}
	return tr.before.with(pages)
}

// mix returns a page of which some sectors are old.
func mix(rng *rand.Rand, before, after []byte) []byte {
	const sector = 512
	page := make([]byte, pageBytes)
	copy(page, before)
	for at := 0; at < len(after); at += sector {
		if rng.IntN(2) == 0 {
			copy(page[at:min(at+sector, len(after))], after[at:])
		}
	}
	return page
}

// grown returns the state before with a file that has become longer by a part.
func (tr *transition) grown(rng *rand.Rand) image {
	im := tr.before
	im.size += rng.Int64N(max(tr.after.size-im.size, pageBytes))
	return im
}

// tornMeta returns all pages of the transaction with a meta page that is written
// in part, or cannot be read.
func (tr *transition) tornMeta(rng *rand.Rand) wreck {
	before, after := tr.before.page(tr.meta), tr.after.page(tr.meta)
	page := make([]byte, pageBytes)
	n := rng.IntN(metaBytes + 8)
	if rng.IntN(4) > 0 { // else zeros are behind it
		copy(page, before)
	}
	copy(page[:n], after)
	// Disks write a sector whole or not at all, so it does not really come to this,
	// nor to what looks like one flipped bit of a good page: that is refused.
	if ms, err := boltfile.ReadMetas(bytes.NewReader(append(slices.Clone(page), page...))); err == nil && ms.State[0] == boltfile.Flipped {
		return tr.tornMeta(rng)
	}
	applied := bytes.Equal(page[:metaBytes], after[:metaBytes])
	im := tr.some(rng, 1, 0).with(map[int][]byte{tr.meta: page})
	im.size = tr.after.size
	return wreck{im, applied, fmt.Sprintf("all pages and %d bytes of the meta page", n)}
}
