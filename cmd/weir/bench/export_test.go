package bench

import (
	"context"
	"testing"
	"time"

	"github.com/weirstreams/weir/cmd/weir/bench/figures"
)

// What tests need of the inside.
var (
	AppendMessage = appendMessage
	ParseMessage  = parseMessage
	ParseSize     = parseSize
	SizeText      = sizeText
)

// MinMessage is the least size of a message.
const MinMessage = minMessage

// Gap is a reader without a connection, that is given numbers of messages.
type Gap struct{ *member }

// NewGap returns a reader that has got nothing yet.
func NewGap() Gap { return Gap{newAudience(nil, minMessage).join(0)} }

// Count gives it a message.
func (g Gap) Count(seq int64) { g.count(seq) }

// Found returns how many numbers it has missed and got again.
func (g Gap) Found() (missed, repeated int64) { return g.audience.missed, g.audience.repeated }

// Paced is a schedule.
type Paced struct{ *pace }

// NewPaced returns a schedule of so many a second from began on.
func NewPaced(began time.Duration, perSecond float64) Paced {
	p := newPace(perSecond)
	p.began = int64(began)
	return Paced{p}
}

// TakeAll makes everything happen that is due, and returns when it was due.
func (p Paced) TakeAll(now time.Duration) (due []time.Duration) {
	for p.due() <= int64(now) {
		due = append(due, time.Duration(p.take(int64(now))))
	}
	return due
}

// Behind returns what should have happened by now.
func (p Paced) Behind(now time.Duration) int64 { return p.behind(int64(now)) }

// Lag returns the longest delay.
func (p Paced) Lag() time.Duration { return time.Duration(p.lag) }

// AppendLoop returns a function that makes a number of appends, over a few
// connections that stay open until the test ends.
func AppendLoop(t *testing.T, url string) (turn func(appends int64)) {
	t.Helper()
	a := &appending{general: general{url: url}, conns: 4, streams: 100, size: 256}
	r, err := a.start(context.Background(), Env{}, a.conns)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	d, err := newDriver(r, a.conns, a.source(r), a.pace())
	if err != nil {
		t.Fatal(err)
	}
	d.begin()
	return func(appends int64) {
		for goal := d.good + appends; d.good < goal; {
			next, _ := d.step(r.now())
			if r.wait(next); r.err != nil || r.faults.total() > 0 {
				t.Fatalf("append: %v, %s", r.err, r.faults.sample)
			}
		}
	}
}

// DeliverLoop returns a function that gives an SSE reader the bytes of an answer,
// and the count of deliveries.
func DeliverLoop(size int) (receive func(p []byte), delivered func() int64) {
	r := &run{began: time.Now()}
	a := &audience{run: r, size: size, latency: figures.NewLatency()}
	reader := &sseReader{member: a.join(0), crowd: &crowd{run: r}}
	return func(p []byte) { reader.Received(nil, p) }, func() int64 { return a.received }
}
