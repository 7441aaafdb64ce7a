package bench

import (
	"context"
	"time"

	"github.com/weirstreams/weir/cmd/weir/bench/figures"
	"github.com/weirstreams/weir/cmd/weir/bench/procfs"
)

const fanoutAbout = `Each of --streams streams of text/plain has --subscribers readers and gets --rate
messages a second. A message says its number and when it was sent: delivery is the
time from there to when the reader had it, and numbers that a reader did not get,
or got twice, are counted. Sending and reading share one core; "sent late" is how
long a message had to wait for that. A message whose append failed counts as lost.`

const idleAbout = `
With --idle nothing is sent: when the server's memory has settled, its growth is
divided by the subscribers, which needs --pid.`

// fanout is what the flags of sse and longpoll say.
type fanout struct {
	general
	timing
	kind                 string
	streams, subscribers int
	rate                 float64
	size                 int64
	grace, patience      time.Duration
	idle                 bool
	settle               time.Duration
	reader               func(*crowd, *member)
}

func sseOptions(f *flags) measurement { return fanoutOptions(f, "sse", newSSEReader) }

func longpollOptions(f *flags) measurement { return fanoutOptions(f, "longpoll", newPollReader) }

func fanoutOptions(f *flags, kind string, reader func(*crowd, *member)) measurement {
	o := &fanout{kind: kind, reader: reader}
	f.about = fanoutAbout + idleAbout
	o.general.register(f)
	o.timing.register(f)
	f.count(&o.streams, "streams", 1, 1, maxConns, "streams")
	f.count(&o.subscribers, "subscribers", 1000, 1, maxConns, "readers of each stream")
	f.rate(&o.rate, "rate", 50, 0.001, 1e6, "messages a second, for each stream")
	f.size(&o.size, "size", 256, minMessage, 1<<20, "bytes of one message")
	f.duration(&o.grace, "grace", 5*time.Second, 0, time.Hour, "how long to wait at the end for what was not delivered")
	f.duration(&o.patience, "open-timeout", time.Minute, time.Second, time.Hour, "how long to wait for subscribers to be answered")
	f.toggle(&o.idle, "idle", "send nothing, and report the server's memory for each subscriber")
	f.duration(&o.settle, "settle", 30*time.Second, time.Second, time.Hour, "with --idle: how long to wait at most for the memory to settle")
	return o.measure
}

func (o *fanout) measure(ctx context.Context, env Env) error {
	readers := o.streams * o.subscribers
	switch {
	case readers > maxConns:
		return &UsageError{"--streams times --subscribers is over 1000000: want fewer readers"}
	case o.idle && o.pid == 0:
		return &UsageError{"--idle needs --pid, the process whose memory is to be measured"}
	}
	r, err := o.start(ctx, env, readers+maxWriters)
	if err != nil {
		return err
	}
	defer r.close()
	if err := r.createStreams(o.streams, plainText); err != nil {
		return err
	}
	a, c := newAudience(r, int(o.size)), &crowd{run: r}
	before := r.usage().memory
	if err := c.gather(a, o.streams, o.subscribers, o.reader, o.patience); err != nil {
		return err
	}
	s := &figures.Sheet{}
	s.Text("kind", "", o.kind)
	s.Count("streams", "streams", int64(o.streams))
	s.Count("subscribers", "subscribers", int64(readers))
	if o.idle {
		r.settled(s, before, readers, o.settle)
		return r.finish(s, "")
	}
	return o.deliver(r, a, c, s, before)
}

// deliver sends messages and counts who gets them. The server had that memory
// before there were readers.
func (o *fanout) deliver(r *run, a *audience, c *crowd, s *figures.Sheet, before procfs.Memory) error {
	p, err := newPublisher(r, o.streams, int(o.size), newPace(o.rate*float64(o.streams)))
	if err != nil {
		return err
	}
	p.begin()
	w := r.measure(o.timing, "delivering", p.step, func() { a.reset(); p.reset() })
	inWindow := a.received
	o.drain(r, a, p)
	left := a.outstanding(p.sent)
	a.received = inWindow // the others came after the processors were looked at

	a.add(s, w, left)
	p.add(s)
	s.Count("reconnects", "reconnects", c.reconnects)
	if o.kind == "longpoll" {
		s.Count("polls", "polls answered", c.polls)
	}
	if w.measured {
		addGrowth(s, before, w.to.memory, len(a.members))
	}
	w.add(s, a.received)
	return r.finish(s, a.wrong(left))
}

// drain waits for messages under way, after a signal too.
func (o *fanout) drain(r *run, a *audience, p *publisher) {
	for end := r.now() + int64(o.grace); r.err == nil && r.now() < end; {
		if p.queued() == 0 && a.outstanding(p.sent) == 0 {
			return
		}
		r.wait(end)
	}
}
