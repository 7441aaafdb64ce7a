package metrics

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/weirstreams/weir/store"
)

// Engine is where the figures of streams and storage are read; *stream.Engine is
// one. Its methods may be called at once with everything else it does, but not
// after its store was closed.
type Engine interface {
	// Stats returns the store's figures and the number of streams in memory.
	Stats() (st store.Stats, active int)
	// Health returns nil while changes can be committed, else the reason.
	Health() error
}

// Options say what a tier has figures of. The zero value, and nil, are none.
type Options struct {
	// Log says that the tier keeps a write-ahead log.
	Log bool
}

// reading is what one scrape finds.
type reading struct {
	store.Stats
	active   int64
	readOnly bool
}

// storeCollector never changes after it was made.
type storeCollector struct {
	engine Engine
	whole  []figure[reading]
	groups []histogram[reading]
	pages  []figure[store.ShardStats]
	shard  []figure[store.ShardStats]
}

// NewStore returns the collector of an engine and the tier below it. A tier with
// shards has figures for each, labelled with the shard's number in three digits;
// there are at most 256.
func NewStore(engine Engine, o *Options) prometheus.Collector {
	c := &storeCollector{engine: engine, whole: ofStreams(), groups: ofGroups(), pages: ofPages(), shard: ofShard()}
	if o != nil && o.Log {
		c.whole = append(c.whole, ofLog()...)
	}
	return c
}

// Describe implements prometheus.Collector.
func (c *storeCollector) Describe(out chan<- *prometheus.Desc) {
	describeAll(out, c.whole)
	describeHistograms(out, c.groups)
	describeAll(out, c.pages)
	describeAll(out, c.shard)
}

// Collect implements prometheus.Collector. It asks the engine once.
func (c *storeCollector) Collect(out chan<- prometheus.Metric) {
	st, active := c.engine.Stats()
	now := reading{
		Stats:    st,
		active:   int64(active),
		readOnly: errors.Is(c.engine.Health(), store.ErrReadOnly),
	}
	collectAll(out, c.whole, now)
	collectHistograms(out, c.groups, now)
	if len(st.Shards) == 0 {
		return
	}
	collectAll(out, c.pages, st.Shards[0])
	for i, shard := range st.Shards {
		collectAll(out, c.shard, shard, fmt.Sprintf("%03d", i))
	}
}
