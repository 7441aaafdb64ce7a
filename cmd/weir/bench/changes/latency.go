package changes

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/weirstreams/weir/cmd/weir/bench/figures"
	"github.com/weirstreams/weir/cmd/weir/bench/weirproc"
)

const (
	latencyRate = 100 // transactions a second
	latencyTime = 30 * time.Second
	latePeriod  = 10 * time.Second // for events to come that have not
)

// latencyLoad is the table and the stream of the case, which commits by itself.
var latencyLoad = load{
	name: "latency", tables: []string{"orders"}, key: "id", template: ownTemplate, streams: 1, steps: 1,
	stream: func(int) string { return "pg/" + name + "/orders" },
}

// latency commits one row after another at a fixed rate and takes the time until its
// event comes by SSE, from before COMMIT is sent: Postgres may let the event go
// before it answers.
func latency(ctx context.Context, l *lab, s *figures.Sheet) (err error) {
	p, err := l.live(ctx, &latencyLoad)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Stop()) }()
	return l.commitToEvent(ctx, p, s)
}

// commitToEvent has rows committed one by one and adds how long each took to come.
func (l *lab) commitToEvent(ctx context.Context, p *weirproc.Process, s *figures.Sheet) error {
	period := latencyTime
	if l.Duration > 0 {
		period = l.Duration
	}
	c := &commits{l: l, sent: make([]atomic.Int64, int(period.Seconds()*latencyRate)+1), took: figures.NewLatency()}
	if err := c.first(ctx, p); err != nil {
		return err
	}
	late, err := c.run(ctx, p)
	if err != nil {
		return err
	}
	s.Number("transactions_per_second", "rate", latencyRate, "transactions/s")
	s.Count("events", "events", c.took.Count())
	s.Latency("commit_to_event_", "COMMIT to event", c.took)
	s.Latency("commit_", "COMMIT alone", c.alone)
	s.Number("late_ms", "worst delay of a COMMIT", late.Seconds()*1e3, "ms")
	return nil
}

// commits are transactions under way to a subscriber.
type commits struct {
	l *lab
	// sent has the instant of each COMMIT by the number of its row, written by one
	// goroutine and read by the other.
	sent  []atomic.Int64
	began time.Time
	took  *figures.Latency // of the subscriber's goroutine until that ends
	alone *figures.Latency // until COMMIT is answered
}

// first commits row 0, so that the stream is there.
func (c *commits) first(ctx context.Context, p *weirproc.Process) error {
	c.began, c.alone = time.Now(), figures.NewLatency()
	if err := c.commit(ctx, 0); err != nil {
		return err
	}
	for {
		if n, err := countEvents(ctx, p.URL+latencyLoad.stream(0)); err != nil || n > 0 {
			return err
		}
		if err := p.Pause(ctx, lookEvery); err != nil {
			return err
		}
	}
}

// run commits all rows and returns when their events have come, with the longest
// time by which one was committed too late.
func (c *commits) run(ctx context.Context, p *weirproc.Process) (late time.Duration, err error) {
	heard, end := c.subscribe(ctx, p.URL+latencyLoad.stream(0))
	defer end()
	shown := c.l.env.Progress("latency: committing", count)
	defer shown.End()
	began := time.Now()
	for i := 1; i < len(c.sent); i++ {
		due := time.Duration(i) * time.Second / latencyRate
		if err := p.Pause(ctx, max(0, due-time.Since(began))); err != nil {
			return late, err
		}
		late = max(late, time.Since(began)-due)
		if err := c.commit(ctx, i); err != nil {
			return late, err
		}
		if i%20 == 0 {
			shown.At(int64(i), int64(len(c.sent)-1))
		}
	}
	select {
	case err := <-heard:
		return late, err
	case <-time.After(latePeriod):
		end()
		return late, fmt.Errorf("%d of %d events did not come within %v", len(c.sent)-1-int(c.took.Count()), len(c.sent)-1, latePeriod)
	}
}

// commit commits the row.
func (c *commits) commit(ctx context.Context, row int) error {
	tx, err := c.l.conn.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	_, err = tx.Exec(ctx, "insert into "+name+".orders values ($1, 1, 'order.created', now(), 1.5, repeat('x', 96))", row)
	if err == nil {
		c.sent[row].Store(int64(time.Since(c.began)))
		err = tx.Commit(ctx)
		c.alone.Add(int64(time.Since(c.began)) - c.sent[row].Load())
	}
	if err != nil {
		return errors.Join(fmt.Errorf("commit row %d: %w", row, err), tx.Rollback(ctx))
	}
	return nil
}
