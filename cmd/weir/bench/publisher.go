package bench

import "github.com/weirstreams/weir/cmd/weir/bench/figures"

// maxWriters is how many connections messages are sent on at most.
const maxWriters = 64

// publisher sends messages to streams in turn, as its pace says. All messages of a
// stream go over one connection, so that they arrive in the order of their
// numbers.
type publisher struct {
	run     *run
	post    template
	size    int
	pace    *pace
	writers []*writer
	sent    []int64          // by stream: the number of the newest message
	latency *figures.Latency // of the appends, from when they were to be sent
	good    int64
	// written, unless nil, is told how every append ended.
	written func(now int64, good bool)
}

// newPublisher connects the writers.
func newPublisher(r *run, streams, size int, at *pace) (*publisher, error) {
	p := &publisher{
		run: r, size: size, pace: at, latency: figures.NewLatency(),
		post: r.to.request("POST", plainText, size), sent: make([]int64, streams),
	}
	for range min(streams, maxWriters) {
		w := &writer{publisher: p}
		w.exchange = exchange{run: r, user: w}
		w.open()
		if r.over() {
			return nil, r.ended()
		}
		p.writers = append(p.writers, w)
	}
	return p, nil
}

// begin starts the pace.
func (p *publisher) begin() { p.pace.began = p.run.now() }

// step is the step of a measurement.
func (p *publisher) step(now int64) (next int64, done bool) {
	for p.pace.due() <= now {
		stream := int(p.pace.taken % int64(len(p.sent)))
		p.writers[stream%len(p.writers)].enqueue(job{stream, p.pace.take(now)})
	}
	return p.pace.due(), false
}

// reset forgets what was measured.
func (p *publisher) reset() {
	p.good, p.pace.lag = 0, 0
	p.latency.Reset()
}

// queued returns how many messages wait for a connection or an answer.
func (p *publisher) queued() int {
	n := 0
	for _, w := range p.writers {
		n += len(w.queue) - w.first
		if w.waiting {
			n++
		}
	}
	return n
}

// add adds the appends to the figures.
func (p *publisher) add(s *figures.Sheet) {
	s.Count("appends", "appends", p.good)
	s.Latency("append_", "append", p.latency)
	s.Number("schedule_lag_max_us", "sent late by up to", float64(p.pace.lag)/1e3, "µs")
}

// job is a message that is to be sent.
type job struct {
	stream int
	due    int64
}

// writer is one connection of a publisher.
type writer struct {
	exchange
	publisher *publisher
	queue     []job // from first on: behind the one that is being sent
	first     int
	due       int64 // when that one was to be sent
}

var _ exchanger = (*writer)(nil)

func (w *writer) enqueue(j job) {
	if w.waiting {
		w.queue = append(w.queue, j)
		return
	}
	w.sendJob(j)
}

func (w *writer) sendJob(j job) {
	p := w.publisher
	w.due = j.due
	p.sent[j.stream]++
	request := p.post.fill(w.request[:0], int64(j.stream))
	w.send(appendMessage(request, p.size, p.sent[j.stream], p.run.now()))
}

func (w *writer) body([]byte) {}

func (w *writer) answered(now int64, good bool) {
	p := w.publisher
	if good {
		p.good++
		p.latency.Add(now - w.due)
	}
	w.goOn(now, good)
}

func (w *writer) broken() { w.goOn(w.run.now(), false) }

// goOn tells how an append ended, and sends the next message that waits.
func (w *writer) goOn(now int64, good bool) {
	if written := w.publisher.written; written != nil {
		written(now, good)
	}
	switch {
	case w.waiting:
	case w.first == len(w.queue):
		w.queue, w.first = w.queue[:0], 0
	default:
		w.first++
		w.sendJob(w.queue[w.first-1])
	}
}
