package ingest

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/sink"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// slowBatch settles when the test says how.
type slowBatch struct{ settled chan error }

func newSlowBatch() *slowBatch { return &slowBatch{settled: make(chan error, 1)} }

func (*slowBatch) Append(*sink.Append) error { return nil }

func (b *slowBatch) Wait() error { return <-b.settled }

// ledger is what an acker has recorded and confirmed, in order.
type ledger struct {
	saved, confirmed []lsn.LSN
	refuse           error
	failed           int // how often the session was ended
}

func (l *ledger) acker() *acker {
	k := newAcker(1, func(at lsn.LSN) error {
		l.saved = append(l.saved, at)
		return l.refuse
	}, func(at lsn.LSN) { l.confirmed = append(l.confirmed, at) }, func() { l.failed++ })
	go k.run()
	return k
}

func mustSend(t *testing.T, k *acker, f flight) {
	t.Helper()
	if err := k.send(f); err != nil {
		t.Fatalf("send: %v", err)
	}
}

// TestNothingIsConfirmedThatWaits: a later flight that has settled does not confirm an
// earlier one that has not, and the record always comes first.
func TestNothingIsConfirmedThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l ledger
		k := l.acker()
		first, second := newSlowBatch(), newSlowBatch()
		mustSend(t, k, flight{batch: first, end: 10})
		mustSend(t, k, flight{batch: second, end: 20})
		second.settled <- nil
		time.Sleep(time.Minute)
		if len(l.saved)+len(l.confirmed) != 0 {
			t.Fatalf("while the first waits: recorded %v, confirmed %v", l.saved, l.confirmed)
		}
		first.settled <- nil
		if err := k.settle(true); err != nil {
			t.Fatal(err)
		}
		if len(l.confirmed) == 0 || l.confirmed[len(l.confirmed)-1] != 20 || l.saved[len(l.saved)-1] != 20 {
			t.Errorf("at the end: recorded %v, confirmed %v, want both at 0/14", l.saved, l.confirmed)
		}
		k.close()
	})
}

// TestRecordsAreRare: an idle database is recorded every ten seconds at most, a busy
// one ten times a second, and one that waits for the answer soon.
func TestRecordsAreRare(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(end lsn.LSN) flight
		most int
	}{
		{"idle", func(end lsn.LSN) flight { return flight{end: end} }, 7},
		{"asked", func(end lsn.LSN) flight { return flight{end: end, soon: true} }, 601},
		{"busy", func(end lsn.LSN) flight {
			b := newSlowBatch()
			b.settled <- nil
			return flight{batch: b, end: end}
		}, 601},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var l ledger
				k := l.acker()
				for i := range 6000 { // a minute
					mustSend(t, k, c.make(lsn.LSN(i+2)))
					time.Sleep(10 * time.Millisecond)
				}
				time.Sleep(recordIdle)
				synctest.Wait()
				if n := len(l.saved); n > c.most || n < c.most/2 || l.confirmed[n-1] != 6001 {
					t.Errorf("got %d records in a minute, the last at %v, want up to %d and all confirmed", n, l.confirmed[n-1], c.most)
				}
				k.close()
			})
		})
	}
}

// TestFailedFlightEndsTheSession: the session is ended at once, what comes behind the
// failure is waited for and not recorded, and whoever sends more learns of it.
func TestFailedFlightEndsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l ledger
		k := l.acker()
		lost := errors.New("disk full")
		bad, behind := newSlowBatch(), newSlowBatch()
		mustSend(t, k, flight{batch: bad, end: 10})
		mustSend(t, k, flight{batch: behind, end: 20})
		bad.settled <- lost
		synctest.Wait()
		if l.failed != 1 {
			t.Errorf("the session was ended %d times, want once, before anybody sends more", l.failed)
		}
		behind.settled <- nil
		synctest.Wait()
		if len(behind.settled) != 0 {
			t.Error("the flight behind the failure was not waited for")
		}
		if err := k.settle(true); !errors.Is(err, lost) {
			t.Errorf("settle: got %v, want %v", err, lost)
		}
		k.close()
		if len(l.saved)+len(l.confirmed) != 0 {
			t.Errorf("recorded %v, confirmed %v, want nothing", l.saved, l.confirmed)
		}
		if err := k.reason(source.ErrStopped); !errors.Is(err, lost) {
			t.Errorf("the reason for the end: got %v, want %v", err, lost)
		}
	})
}

// TestAbandoned: what settles after nobody waits any more is not recorded, and a record
// that was on its way is not confirmed. Whoever sends or waits is let go.
func TestAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l ledger
		k := l.acker()
		slow := newSlowBatch()
		mustSend(t, k, flight{batch: slow, end: 10})
		waited := make(chan error, 1)
		go func() { waited <- k.settle(true) }()
		synctest.Wait()
		k.abandon()
		k.abandon()
		if err := <-waited; !errors.Is(err, errStalled) {
			t.Errorf("settle: got %v, want %v", err, errStalled)
		}
		slow.settled <- nil
		k.close()
		if len(l.saved)+len(l.confirmed) != 0 {
			t.Errorf("recorded %v, confirmed %v, want nothing", l.saved, l.confirmed)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		var confirmed int
		saving, save := make(chan bool), make(chan error)
		k := newAcker(1, func(lsn.LSN) error { close(saving); return <-save }, func(lsn.LSN) { confirmed++ }, func() {})
		go k.run()
		mustSend(t, k, flight{end: 10, now: true})
		<-saving
		k.abandon()
		save <- nil
		k.close()
		if confirmed != 0 {
			t.Error("got a confirmation after the end, want none")
		}
	})
}

// TestRecordBeforeConfirmation: what cannot be recorded is not confirmed.
func TestRecordBeforeConfirmation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := ledger{refuse: errors.New("read only")}
		k := l.acker()
		mustSend(t, k, flight{end: 10})
		if err := k.settle(true); !errors.Is(err, l.refuse) {
			t.Errorf("settle: got %v, want %v", err, l.refuse)
		}
		k.close()
		if len(l.confirmed) != 0 {
			t.Errorf("confirmed %v, want nothing", l.confirmed)
		}
	})
}
