package metrics

import "github.com/prometheus/client_golang/prometheus"

// readyCollector never changes after it was made.
type readyCollector struct {
	read func() map[string]bool
	desc *prometheus.Desc
}

// NewReady returns the collector of which parts of the server are ready, as /readyz
// tells. read is called for every scrape and returns them by name; there are few.
func NewReady(read func() map[string]bool) prometheus.Collector {
	return &readyCollector{read, prometheus.NewDesc("weir_ready",
		"1 when the part of the server is ready, as /readyz tells, else 0.", []string{"component"}, nil)}
}

// Describe implements prometheus.Collector.
func (c *readyCollector) Describe(out chan<- *prometheus.Desc) { out <- c.desc }

// Collect implements prometheus.Collector.
func (c *readyCollector) Collect(out chan<- prometheus.Metric) {
	for name, ready := range c.read() {
		out <- prometheus.MustNewConstMetric(c.desc, prometheus.GaugeValue, float64(flag(ready)), name)
	}
}
