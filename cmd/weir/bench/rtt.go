package bench

import (
	"context"
	"time"

	"github.com/weirstreams/weir/cmd/weir/bench/figures"
)

const rttAbout = `A writer sends one message after another to one stream of text/plain, which one
reader follows by SSE: the next when the one before has been acknowledged and
delivered, and --pause has passed. Both are measured from when the message was
sent.`

// roundTrip is what the flags of rtt say.
type roundTrip struct {
	general
	timing
	size  int64
	pause time.Duration
}

func rttOptions(f *flags) measurement {
	o := &roundTrip{}
	f.about = rttAbout
	o.general.register(f)
	o.timing.register(f)
	f.size(&o.size, "size", 256, minMessage, 1<<20, "bytes of one message")
	f.duration(&o.pause, "pause", 0, 0, 10*time.Second, "between one message and the next")
	return o.measure
}

func (o *roundTrip) measure(ctx context.Context, env Env) error {
	const patience = 10 * time.Second
	r, err := o.start(ctx, env, 2)
	if err != nil {
		return err
	}
	defer r.close()
	if err := r.createStreams(1, plainText); err != nil {
		return err
	}
	a, c := newAudience(r, int(o.size)), &crowd{run: r}
	if err := c.gather(a, 1, 1, newSSEReader, patience); err != nil {
		return err
	}
	p, err := newPublisher(r, 1, int(o.size), newPace(1))
	if err != nil {
		return err
	}
	turns := &pingPong{publisher: p, pause: int64(o.pause)}
	a.heard, p.written = turns.half, turns.written
	w := r.measure(o.timing, "sending to and fro", turns.step, func() { a.reset(); p.reset() })

	// The message under way when the time was over is none that was lost.
	s := &figures.Sheet{}
	s.Text("kind", "", "rtt")
	a.add(s, w, 0)
	p.add(s)
	w.add(s, a.received)
	return r.finish(s, a.wrong(0))
}

// pingPong sends a message when the one before has been acknowledged and
// delivered.
type pingPong struct {
	publisher *publisher
	pause     int64 // nanoseconds
	halves    int   // of the message under way: acknowledged, delivered
	under     bool
	next      int64 // when the next one may be sent
}

func (t *pingPong) half(now int64) {
	if t.halves++; t.halves == 2 {
		t.halves, t.under = 0, false
		t.next = now + t.pause
	}
}

// written takes the end of an append. What failed will not be delivered.
func (t *pingPong) written(now int64, good bool) {
	if good {
		t.half(now)
		return
	}
	t.halves, t.under = 0, false
}

// step is the step of a measurement.
func (t *pingPong) step(now int64) (next int64, done bool) {
	if t.under {
		return whenever(now)
	}
	if t.next > now {
		return t.next, false
	}
	t.under = true
	t.publisher.writers[0].enqueue(job{due: now})
	return whenever(now)
}
