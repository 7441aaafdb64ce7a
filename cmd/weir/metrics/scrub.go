package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Scrubs is what the scrubs of the stored bytes came to. The zero value is right
// before the first has ended.
type Scrubs struct {
	Runs    int64     // completed since the start
	Damaged int64     // pieces of damage found by the last
	Ended   time.Time // of the last
}

// scrubCollector never changes after it was made.
type scrubCollector struct {
	read  func() Scrubs
	table []figure[Scrubs]
}

// NewScrubs returns the collector of what read returns, which is called for every
// scrape.
func NewScrubs(read func() Scrubs) prometheus.Collector {
	return &scrubCollector{read: read, table: ofScrubs()}
}

// Describe implements prometheus.Collector.
func (c *scrubCollector) Describe(out chan<- *prometheus.Desc) { describeAll(out, c.table) }

// Collect implements prometheus.Collector.
func (c *scrubCollector) Collect(out chan<- prometheus.Metric) { collectAll(out, c.table, c.read()) }
