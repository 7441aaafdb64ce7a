package ingest_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

// failing is a sink that loses the first batches with content.
type failing struct {
	sink.Sink
	left atomic.Int64 // how many it loses still
}

// fails makes the rig's sink lose batches.
func (r *rig) fails(batches int64) {
	f := &failing{}
	f.left.Store(batches)
	r.between = func(s sink.Sink) sink.Sink {
		f.Sink = s
		return f
	}
}

func (f *failing) NewBatch() sink.Batch { return &failingBatch{Batch: f.Sink.NewBatch(), f: f} }

type failingBatch struct {
	sink.Batch
	f    *failing
	lost bool
}

func (b *failingBatch) Append(a *sink.Append) error {
	if len(a.Data) > 0 && !b.lost {
		b.lost = b.f.left.Add(-1) >= 0
	}
	if b.lost {
		return nil
	}
	return b.Batch.Append(a)
}

func (b *failingBatch) Wait() error {
	err := b.Batch.Wait()
	if b.lost {
		err = errors.New("the server is gone")
	}
	return err
}

// TestFailedAppendIsMadeAgain: what was not stored ends the session, and the next one
// stores it.
func TestFailedAppendIsMadeAgain(t *testing.T) {
	r := newRig(t)
	r.fails(1)
	r.exec(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
	r.start()
	r.exec(`INSERT INTO t VALUES (1, 'x')`)
	r.wait("the row", func() bool { return r.has("x") })
	if s := r.pipeline.Status(); s.Reconnects["retry"] != 1 {
		t.Errorf("got the reconnects %v, want one", s.Reconnects)
	}
}

// stalling is a sink whose batches with content take until the test lets them go: to be
// staged, or to be durable.
type stalling struct {
	sink.Sink
	staging bool
	once    sync.Once
	begun   chan struct{}
	end     chan struct{}
}

func (s *stalling) NewBatch() sink.Batch { return &stalledBatch{Batch: s.Sink.NewBatch(), s: s} }

func (s *stalling) stall() {
	s.once.Do(func() { close(s.begun) })
	<-s.end
}

type stalledBatch struct {
	sink.Batch
	s    *stalling
	full bool
}

func (b *stalledBatch) Append(a *sink.Append) error {
	b.full = b.full || len(a.Data) > 0
	if b.full && b.s.staging {
		b.s.stall()
	}
	return b.Batch.Append(a)
}

func (b *stalledBatch) Wait() error {
	if b.full {
		b.s.stall()
	}
	return b.Batch.Wait()
}

// TestEndOfAStalledSink: the end of a pipeline does not wait for a sink for ever. What
// was not durable in time is not confirmed, also if it becomes so, and comes again.
func TestEndOfAStalledSink(t *testing.T) {
	for name, staging := range map[string]bool{"staging": true, "waiting": false} {
		t.Run(name, func(t *testing.T) {
			r, log := operated(t)
			stalled := &stalling{staging: staging, begun: make(chan struct{}), end: make(chan struct{})}
			r.between = func(s sink.Sink) sink.Sink {
				stalled.Sink = s
				return stalled
			}
			r.o.StopTime = 50 * time.Millisecond
			r.exec(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
			r.start()
			r.exec(`INSERT INTO t VALUES (1, 'x')`)
			<-stalled.begun
			before := r.pipeline.Status().Confirmed
			r.stop()
			if n := log.count("without a farewell"); n != 1 {
				t.Errorf("got %d words of a session without a farewell, want 1", n)
			}
			close(stalled.end)
			if got := r.pipeline.Status().Confirmed; got != before {
				t.Errorf("confirmed %v after the end, want the %v of before", got, before)
			}
			r.between = nil
			r.start()
			r.wait("the row", func() bool { return r.has("x") })
		})
	}
}

// holding is a sink that holds its first append with content.
type holding struct {
	sink.Sink
	first      sync.Once
	begun, end chan struct{}
}

func (h *holding) NewBatch() sink.Batch { return &heldBatch{Batch: h.Sink.NewBatch(), h: h} }

type heldBatch struct {
	sink.Batch
	h *holding
}

func (b *heldBatch) Append(a *sink.Append) error {
	if len(a.Data) > 0 {
		b.h.first.Do(func() {
			close(b.h.begun)
			<-b.h.end
		})
	}
	return b.Batch.Append(a)
}

// TestEndDoesNotWaitForTheBacklog: a pipeline that is told to end does so between two
// transactions, and the next one goes on from there.
func TestEndDoesNotWaitForTheBacklog(t *testing.T) {
	const transactions, rows = 2000, 100
	r, _ := operated(t)
	h := &holding{begun: make(chan struct{}), end: make(chan struct{})}
	r.between = func(s sink.Sink) sink.Sink {
		h.Sink = s
		return h
	}
	r.exec(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
	r.start()
	r.order("pause", "")
	r.waitState(ingest.StatePaused)
	r.exec(fmt.Sprintf(`DO $$ BEGIN
		FOR n IN 0 .. %d LOOP
			INSERT INTO t SELECT n * %d + i, 'x' FROM generate_series(0, %[2]d - 1) i;
			COMMIT;
		END LOOP;
	END $$`, transactions-1, rows))
	end, err := lsn.Parse(r.end())
	if err != nil {
		t.Fatal(err)
	}
	r.wait("all of it in the buffer", func() bool { return r.pipeline.Status().Received >= end })
	r.order("resume", "")
	<-h.begun
	r.stopRun()
	close(h.end)
	r.stop()
	first := r.pipeline.Status().Counts
	if first.Inserts == transactions*rows || first.Inserts%rows != 0 {
		t.Errorf("at the end: got %d rows handled, want whole transactions of %d and not all %d", first.Inserts, rows, transactions*rows)
	}
	r.start()
	r.wait("the rest", func() bool { return r.pipeline.Status().Counts.Inserts == transactions*rows-first.Inserts })
	if s := r.pipeline.Status(); s.Counts.Duplicates != 0 {
		t.Errorf("got %d rows a second time, want none", s.Counts.Duplicates)
	}
	r.wait("all rows once", func() bool { return strings.Count(r.contents("pg/public/t"), `"key":`) == transactions*rows })
}
