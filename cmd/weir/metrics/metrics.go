// Package metrics is what the server says of itself to Prometheus. Start with
// [NewRegistry], which takes one collector for each part of the server, and
// [Handler], which serves what they collect. [NewStore] is the collector of the
// tier that keeps the streams, [NewEngine] of what is done to them, and [NewHTTP]
// of what clients ask for.
//
// Figures are read when somebody asks for them and cost nothing in between.
// Names begin with weir_ and end in their unit; _total marks what only grows
// and begins at 0 with the process. Labels have few values, known in advance:
// the name of a stream is never one, because there is no bound on streams.
//
// The package holds no state; everything in it may be called from several
// goroutines.
package metrics

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"
)

// maxScrapes bounds the scrapes that are answered at a time; one more gets 503.
// Each holds its answer in memory.
const maxScrapes = 4

// NewRegistry returns a registry of its own, apart from the library's global
// one, with the figures of the Go runtime, the process, the build, and the
// parts. All have the name of the server in the label instance_id: a scraper's own
// instance is an address, which says little behind a proxy. Two parts that use one
// name are an error.
func NewRegistry(build Build, instance string, parts ...prometheus.Collector) (*prometheus.Registry, error) {
	registry := prometheus.NewRegistry()
	named := prometheus.WrapRegistererWith(prometheus.Labels{"instance_id": instance}, registry)
	all := append([]prometheus.Collector{
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		build.collector(),
	}, parts...)
	for _, part := range all {
		if err := named.Register(part); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return registry, nil
}

// Handler answers a scrape with everything in the registry. What goes wrong in a
// scrape goes to log.
func Handler(registry *prometheus.Registry, log zerolog.Logger) http.Handler {
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog:            scrapeErrors{log},
		MaxRequestsInFlight: maxScrapes,
	})
}

// scrapeErrors takes what the library has to say about scrapes into the log.
type scrapeErrors struct{ log zerolog.Logger }

// Println implements promhttp.Logger.
func (s scrapeErrors) Println(words ...any) {
	s.log.Warn().Str("err", strings.TrimSpace(fmt.Sprintln(words...))).Msg("metrics")
}
