package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/weirstreams/weir/sync/ingest/failpoint"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

const (
	// maxFlights bounds the batches that are staged and not durable, and with them the
	// memory that the tier holds for them. While they are under way the next one
	// grows.
	maxFlights = 4
	// recordEvery is the least time between two records while changes come, and
	// recordIdle while the database only moves on.
	recordEvery = 100 * time.Millisecond
	recordIdle  = 10 * time.Second
)

// flight is a batch on its way to being durable.
type flight struct {
	batch sink.Batch // nil: nothing was staged
	// end is the LSN behind the last transaction that is whole with it, or 0.
	end lsn.LSN
	// settled is closed when this flight and all before it have settled, if it is
	// not nil. now asks for the record at once.
	settled chan struct{}
	now     bool
	// soon asks for the record as if changes had come.
	soon bool
}

// acker waits for flights in their order, records how far everything is durable, and
// tells Postgres. It has one goroutine, begun by run.
type acker struct {
	flights chan flight
	ended   chan struct{} // closed when nothing is recorded any more
	gone    chan struct{} // closed when the goroutine has ended
	err     error         // why it ended early; read after ended is closed

	leaving sync.Mutex    // held when left is closed, and for a confirmation
	left    chan struct{} // closed when nobody waits any more, and nothing may be recorded

	save    func(lsn.LSN) error // makes the record durable
	confirm func(lsn.LSN)
	fail    func() // ends the session, which may have nothing to send for long

	// Of the goroutine.
	end     lsn.LSN // everything before it is durable
	saved   lsn.LSN
	savedAt time.Time
	dirty   bool // changes were stored since the last record
}

func newAcker(from lsn.LSN, save func(lsn.LSN) error, confirm func(lsn.LSN), fail func()) *acker {
	return &acker{
		flights: make(chan flight, maxFlights), ended: make(chan struct{}), gone: make(chan struct{}), left: make(chan struct{}),
		save: save, confirm: confirm, fail: fail, end: from, saved: from,
	}
}

// errStalled says that the sink has not made changes durable in time.
var errStalled = errors.New("the changes that were received are not durable yet")

// abandon has nobody wait any more: what is sent from now on, or was and has not
// settled, is not recorded or confirmed. The goroutine ends when the sink lets it. It
// may be called by anybody, and twice.
func (k *acker) abandon() {
	k.leaving.Lock()
	defer k.leaving.Unlock()
	if !k.abandoned() {
		close(k.left)
	}
}

func (k *acker) abandoned() bool {
	select {
	case <-k.left:
		return true
	default:
		return false
	}
}

// send hands a flight over. It blocks while too many are under way. One that nobody
// takes is waited for here: a stream that it creates is held until then.
func (k *acker) send(f flight) error {
	var err error
	select {
	case k.flights <- f:
		return nil
	case <-k.ended:
		err = k.failure()
	case <-k.left:
		err = errStalled
	}
	if f.batch != nil {
		_ = f.batch.Wait() // the first error is the one that counts
	}
	return err
}

func (k *acker) failure() error {
	if k.err == nil {
		return context.Canceled
	}
	return k.err
}

// settle returns when everything sent is durable; with now, recorded and confirmed.
func (k *acker) settle(now bool) error {
	done := make(chan struct{})
	if err := k.send(flight{settled: done, now: now}); err != nil {
		return err
	}
	select {
	case <-done:
		return nil
	case <-k.ended:
		return k.failure()
	case <-k.left:
		return errStalled
	}
}

// close ends the goroutine after all that was sent, and waits for it.
func (k *acker) close() {
	close(k.flights)
	<-k.gone
}

// reason is why the session has ended, after close: what failed here ended it also
// where it looks otherwise.
func (k *acker) reason(err error) error {
	if k.err != nil {
		return k.err
	}
	return err
}

// run waits for flights until close. After one has failed it records nothing more,
// but goes on waiting: whoever stages the next batch may need a stream that one of
// them creates.
func (k *acker) run() {
	defer close(k.gone)
	k.work()
	close(k.ended)
	if k.err != nil {
		k.fail()
	}
	for f := range k.flights {
		if f.batch != nil {
			_ = f.batch.Wait() // the session has failed already
		}
	}
}

// work waits for flights, and records how far they are, until close or the first
// that fails.
func (k *acker) work() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case f, open := <-k.flights:
			if !open {
				return
			}
			if k.err = k.land(f); k.err != nil {
				return
			}
		case <-timer.C:
			if k.err = k.record(); k.err != nil {
				return
			}
		}
		if pause, due := k.pause(); due {
			timer.Reset(pause)
		}
	}
}

func (k *acker) land(f flight) error {
	if f.batch != nil {
		if err := f.batch.Wait(); err != nil {
			return fmt.Errorf("store changes: %w", err)
		}
		k.dirty = true
	}
	k.end = max(k.end, f.end)
	k.dirty = k.dirty || f.soon
	if f.now {
		if err := k.record(); err != nil {
			return err
		}
	}
	if f.settled != nil {
		close(f.settled)
	}
	return nil
}

// pause is how long the next record may wait; due is false when there is none to
// write.
func (k *acker) pause() (pause time.Duration, due bool) {
	if k.end == k.saved {
		return 0, false
	}
	every := recordIdle
	if k.dirty {
		every = recordEvery
	}
	return max(0, every-time.Since(k.savedAt)), true
}

// record makes known how far everything is, first here and then there.
func (k *acker) record() error {
	if k.end == k.saved {
		return nil
	}
	if k.abandoned() {
		return errStalled
	}
	failpoint.Hit(failpoint.Record)
	if err := k.save(k.end); err != nil {
		return err
	}
	failpoint.Hit(failpoint.Confirm)
	k.leaving.Lock()
	defer k.leaving.Unlock()
	if k.abandoned() {
		return errStalled
	}
	k.saved, k.savedAt, k.dirty = k.end, time.Now(), false
	k.confirm(k.end)
	return nil
}
