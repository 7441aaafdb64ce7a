package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// NewCertificate returns the collector of when the server's certificate expires.
// read is called for every scrape.
func NewCertificate(read func() time.Time) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "weir_tls_certificate_not_after_timestamp_seconds",
		Help: "Number of seconds from 1970 to the expiry of the certificate that the server shows.",
	}, func() float64 { return float64(unixSeconds(read())) })
}
