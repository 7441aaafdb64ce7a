package ingest

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/sink"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// measures are figures that grow while sessions come and go. Work for them is done
// once a transaction or a group of them; once a row there is no more than an addition.
type measures struct {
	received atomic.Int64                    // bytes
	txBytes  tally                           // sizes of transactions as they were sent
	durable  tally                           // nanoseconds from commits to durability
	receiver atomic.Pointer[source.Receiver] // of the present session, or nil
	rows     rows

	// since is when the first transaction of the present group was committed, zero
	// without one. It belongs to the goroutine that handles messages.
	since time.Time
}

func newMeasures() *measures {
	return &measures{txBytes: newTally(sizeBounds), durable: newTally(timeBounds)}
}

// countEvery is how many bytes of a transaction may not be counted yet.
const countEvery = 64 << 10

// handle has a message handled, and measures its transaction.
func (w *work) handle(ctx context.Context, f source.Frame) error {
	n, m := int64(len(f.Data)), w.p.measures
	w.uncounted += n
	w.txBytes += n
	begun := w.a.Open()
	if err := w.a.Handle(ctx, f.Start, f.Data); err != nil {
		return err
	}
	ended := begun && !w.a.Open()
	if ended {
		m.txBytes.observe(w.txBytes)
		if m.since.IsZero() {
			m.since = w.a.Committed()
		}
	}
	if !w.a.Open() {
		w.txBytes = 0
	}
	if ended || w.uncounted >= countEvery {
		m.received.Add(w.uncounted)
		w.uncounted = 0
	}
	return nil
}

// note makes known how far the session has come.
func (w *work) note() {
	counts := sum(w.before, w.a.Counts())
	w.p.state.change(func(s *Status) { s.Handled, s.Counts = w.a.End(), counts })
}

// sum adds the counts of two assemblers.
func sum(a, b assemble.Counts) assemble.Counts {
	a.Inserts += b.Inserts
	a.Updates += b.Updates
	a.Deletes += b.Deletes
	a.Truncates += b.Truncates
	a.Messages += b.Messages
	a.Transactions += b.Transactions
	a.Duplicates += b.Duplicates
	a.Merged += b.Merged
	a.Ignored += b.Ignored
	a.LargeKeys += b.LargeKeys
	return a
}

// timed returns a batch that measures how long after the commit of its first
// transaction it is durable.
func (m *measures) timed(b sink.Batch) sink.Batch {
	if m.since.IsZero() {
		return b
	}
	return &timedBatch{Batch: b, since: m.since, durable: &m.durable}
}

type timedBatch struct {
	sink.Batch
	since   time.Time
	durable *tally
}

// Wait implements sink.Batch. The two clocks may differ; what comes out negative
// counts as nothing.
func (b *timedBatch) Wait() error {
	err := b.Batch.Wait()
	if err == nil {
		b.durable.observe(time.Since(b.since).Nanoseconds())
	}
	return err
}
