package bench

import (
	"fmt"
	"strconv"
)

// setupConns is how many connections make the streams of a measurement.
const setupConns = 32

// created makes PUT requests for the streams from 0 on.
type created struct {
	put   template
	taken int
	count int // how many there are to make; 0 = no end
}

func (c *created) next(buf []byte, _ *worker) ([]byte, bool) {
	if c.count > 0 && c.taken == c.count {
		return buf, false
	}
	c.taken++
	return c.put.fill(buf, int64(c.taken-1)), true
}

// createStreams makes the streams 0 to n-1, empty.
func (r *run) createStreams(n int, contentType string) error {
	from := &created{put: r.to.request("PUT", contentType, 0), count: n}
	d, err := newDriver(r, min(setupConns, n), from, nil)
	if err != nil {
		return err
	}
	defer d.closeAll()
	amount := func(n int64) string { return strconv.FormatInt(n, 10) }
	shown := r.env.Progress("creating streams", amount)
	defer shown.End()
	d.begin()
	for len(d.idle) < len(d.workers) && r.faults.total() == 0 {
		if r.over() {
			return r.ended()
		}
		r.wait(r.now() + int64(turn))
		shown.At(d.good, int64(n))
	}
	if r.faults.total() > 0 {
		return fmt.Errorf("create the streams to measure: %s", r.faults.sample)
	}
	return nil
}

// closeAll drops the connections.
func (d *driver) closeAll() {
	for _, w := range d.workers {
		w.conn.Close()
	}
}
