package metrics

import "github.com/prometheus/client_golang/prometheus"

// Build is what a binary was built from. Unknown parts are empty.
type Build struct {
	Version   string // of the server's module
	Revision  string // of its source
	GoVersion string
}

// collector gives the build as labels of a figure that is always 1, so that a
// query can join them to any other.
func (b Build) collector() prometheus.Collector {
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "weir_build_info",
		Help:        "What the server was built from, as labels; the value is always 1.",
		ConstLabels: prometheus.Labels{"version": b.Version, "revision": b.Revision, "goversion": b.GoVersion},
	})
	info.Set(1)
	return info
}
