package bench

import (
	"github.com/weirstreams/weir/cmd/weir/bench/figures"
)

// source makes the requests of a driver.
type source interface {
	// next appends the next request of the worker to buf, or reports that there are
	// no more.
	next(buf []byte, w *worker) (request []byte, ok bool)
}

// driver keeps connections busy with requests, and counts the answers: each
// connection sends as soon as it has its answer, or, with a pace, when the pace
// says.
type driver struct {
	run     *run
	source  source
	workers []*worker
	pace    *pace     // nil: as fast as it goes
	idle    []*worker // with a pace: waiting for it; without: nothing is left to do
	latency *figures.Latency
	good    int64 // successes since the last reset
}

// newDriver connects that many workers, which wait for begin.
func newDriver(r *run, conns int, from source, at *pace) (*driver, error) {
	d := &driver{run: r, source: from, pace: at, latency: figures.NewLatency()}
	for id := range conns {
		w := &worker{driver: d, id: id}
		w.exchange = exchange{run: r, user: w}
		w.open()
		if r.over() {
			return nil, r.ended()
		}
		d.workers = append(d.workers, w)
	}
	return d, nil
}

// begin sends the first requests, or leaves that to the pace.
func (d *driver) begin() {
	if d.pace != nil {
		d.pace.began = d.run.now()
		d.idle = append(d.idle, d.workers...)
		return
	}
	now := d.run.now()
	for _, w := range d.workers {
		w.begin(now)
	}
}

// step is the step of a measurement.
func (d *driver) step(now int64) (next int64, done bool) {
	if d.pace == nil {
		next, _ = whenever(now)
		return next, len(d.idle) == len(d.workers)
	}
	for len(d.idle) > 0 && d.pace.due() <= now {
		last := len(d.idle) - 1
		w := d.idle[last]
		d.idle = d.idle[:last]
		w.begin(d.pace.take(now))
	}
	if len(d.idle) == 0 {
		return whenever(now) // late already; an answer is what is waited for
	}
	return d.pace.due(), false
}

// reset forgets what was counted.
func (d *driver) reset() {
	d.good = 0
	d.latency.Reset()
	if d.pace != nil {
		d.pace.lag = 0
	}
}

// worker is one connection of a driver.
type worker struct {
	exchange
	driver *driver
	id     int
	since  int64 // when its request was to be sent, on the clock of the run
}

// begin sends the next request, which was to be sent at since.
func (w *worker) begin(since int64) {
	request, ok := w.driver.source.next(w.request[:0], w)
	if !ok {
		w.driver.idle = append(w.driver.idle, w)
		return
	}
	w.since = since
	w.send(request)
}

func (w *worker) body([]byte) {}

func (w *worker) answered(now int64, good bool) {
	if good {
		w.driver.good++
		w.driver.latency.Add(now - w.since)
	}
	w.goOn(now)
}

func (w *worker) broken() { w.goOn(w.run.now()) }

func (w *worker) goOn(now int64) {
	if w.driver.pace != nil {
		w.driver.idle = append(w.driver.idle, w)
		return
	}
	w.begin(now)
}
