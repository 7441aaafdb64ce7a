package bench

import (
	"math"
	"time"

	"github.com/weirstreams/weir/cmd/weir/bench/figures"
	"github.com/weirstreams/weir/cmd/weir/bench/procfs"
)

const (
	settleEvery = time.Second // between looks at the memory
	settleLooks = 3           // in a row that found it the same
	settleShare = 0.01        // of the growth, by which it may change and be the same
)

// settled waits until the server's memory stays as it is, and adds its growth since
// before to the figures, divided by so many readers.
func (r *run) settled(s *figures.Sheet, before procfs.Memory, readers int, patience time.Duration) {
	shown := r.env.Progress("waiting for the memory to settle", func(n int64) string { return time.Duration(n).String() })
	defer shown.End()

	after := r.usage().memory
	began := r.now()
	for same := 0; same < settleLooks && !r.over() && r.now()-began < int64(patience); {
		for look := r.now() + int64(settleEvery); r.now() < look && !r.over(); {
			r.wait(look) // comments that keep connections alive are read meanwhile
		}
		now := r.usage().memory
		change := math.Abs(float64(now.Anonymous - after.Anonymous))
		if same++; change > settleShare*float64(now.Anonymous-before.Anonymous) {
			same = 0
		}
		after = now
		shown.At(min(r.now()-began, int64(patience)), int64(patience))
	}
	addGrowth(s, before, after, readers)
	addMemory(s, "before_", "server memory before", before)
	addMemory(s, "after_", "server memory after", after)
}

// addGrowth adds by how much a process has grown, for each of so many readers.
func addGrowth(s *figures.Sheet, before, after procfs.Memory, readers int) {
	each := func(after, before int64) float64 { return float64(after-before) / float64(readers) }
	s.Number("server_anonymous_bytes_per_subscriber", "server memory each", each(after.Anonymous, before.Anonymous), "B")
	s.Number("server_resident_bytes_per_subscriber", "resident each", each(after.Resident, before.Resident), "B")
	s.Number("server_proportional_bytes_per_subscriber", "proportional each", each(after.Shared, before.Shared), "B")
}
