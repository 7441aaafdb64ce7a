package metrics_test

import (
	"testing"
	"time"

	"github.com/weirstreams/weir/cmd/weir/metrics"
)

func TestRoom(t *testing.T) {
	for _, test := range []struct {
		room metrics.Room
		ok   bool
		want samples
	}{
		{metrics.Room{Bytes: 3, Inodes: 0}, true, samples{"weir_data_free_bytes": 3, "weir_data_free_inodes": 0}},
		{metrics.Room{Bytes: 5, Inodes: -1}, true, samples{"weir_data_free_bytes": 5}},
		{metrics.Room{Bytes: 7, Inodes: 11}, false, samples{}},
	} {
		gather(t, metrics.NewRoom(func() (metrics.Room, bool) { return test.room, test.ok })).expect(t, test.want)
	}
}

func TestCertificateAndReady(t *testing.T) {
	gather(t, metrics.NewCertificate(func() time.Time { return time.Unix(13, 5) })).expect(t, samples{
		"weir_tls_certificate_not_after_timestamp_seconds": 13,
	})
	gather(t, metrics.NewReady(func() map[string]bool { return map[string]bool{"disk": false, "storage": true} })).expect(t, samples{
		`weir_ready{component="disk"}`:    0,
		`weir_ready{component="storage"}`: 1,
	})
}
