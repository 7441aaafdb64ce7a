package metrics

import "github.com/prometheus/client_golang/prometheus"

// Room is what is left on the file system of the data directory.
type Room struct {
	Bytes  int64
	Inodes int64 // files that can still be made, -1 when there is no such number
}

// roomCollector never changes after it was made.
type roomCollector struct {
	read          func() (Room, bool)
	bytes, inodes figure[Room]
}

// NewRoom returns the collector of what read returns, which is called for every
// scrape; without ok there are no figures.
func NewRoom(read func() (room Room, ok bool)) prometheus.Collector {
	return &roomCollector{
		read: read,
		bytes: gauge("weir_data_free_bytes", "Room left on the file system of the data directory, in bytes.",
			func(r Room) int64 { return r.Bytes }),
		inodes: gauge("weir_data_free_inodes", "Number of files that can still be made on the file system of the data directory.",
			func(r Room) int64 { return r.Inodes }),
	}
}

// Describe implements prometheus.Collector.
func (c *roomCollector) Describe(out chan<- *prometheus.Desc) {
	describeAll(out, []figure[Room]{c.bytes, c.inodes})
}

// Collect implements prometheus.Collector.
func (c *roomCollector) Collect(out chan<- prometheus.Metric) {
	room, ok := c.read()
	if !ok {
		return
	}
	table := []figure[Room]{c.bytes}
	if room.Inodes >= 0 {
		table = append(table, c.inodes)
	}
	collectAll(out, table, room)
}
