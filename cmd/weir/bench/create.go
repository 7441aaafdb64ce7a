package bench

import (
	"context"

	"github.com/weirstreams/weir/cmd/weir/bench/figures"
)

const createAbout = `Each of --conns connections creates one new stream after another, empty ones of
application/octet-stream, for --duration or until there are --count. With --pid,
the growth of the server's memory is divided by the streams that were created.`

// creating is what the flags of create say.
type creating struct {
	general
	timing
	conns, count int
}

func createOptions(f *flags) measurement {
	c := &creating{}
	f.about = createAbout
	c.general.register(f)
	c.timing.register(f)
	f.count(&c.conns, "conns", 64, 1, maxConns, "connections, each with one request at a time")
	f.count(&c.count, "count", 0, 0, 1<<40, "streams to create, without a warm-up and however long it takes; 0 = as many as --duration allows")
	return c.measure
}

func (c *creating) measure(ctx context.Context, env Env) error {
	r, err := c.start(ctx, env, c.conns)
	if err != nil {
		return err
	}
	defer r.close()
	from := &created{put: r.to.request("PUT", octets, 0), count: c.count}
	d, err := newDriver(r, c.conns, from, nil)
	if err != nil {
		return err
	}
	if c.count > 0 {
		c.timing = timing{}
	}
	// The streams of the warm-up take memory as well.
	before := r.usage().memory
	d.begin()
	w := r.measure(c.timing, "creating streams", d.step, d.reset)

	s := &figures.Sheet{}
	s.Text("kind", "", "create")
	s.Count("connections", "connections", int64(c.conns))
	s.Count("streams", "streams", d.good)
	s.Number("per_second", "rate", float64(d.good)/w.seconds(), "streams/s")
	s.Latency("", "latency", d.latency)
	if w.measured {
		grown := float64(w.to.memory.Anonymous - before.Anonymous)
		s.Number("server_anonymous_bytes_per_stream", "server memory each", grown/float64(from.taken), "B")
	}
	w.add(s, d.good)
	return r.finish(s, "")
}
