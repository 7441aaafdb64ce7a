package postgres_test

import (
	"context"
	"time"

	"github.com/weirstreams/weir/e2e/postgres/workload"
)

// steps is more than any session gets through.
const steps = 1 << 30

// pace leaves two processors enough for both servers and the readers. The long form
// takes minutes, and what there is to check has to fit into memory: some 10 KiB for each
// event.
var pace = sized(20*time.Millisecond, 200*time.Millisecond)

// work lets the sessions do so many steps each, none of which may fail.
func (l *lab) work(each int) {
	l.t.Helper()
	l.rounds++
	ledger := workload.Run(l.t.Context(), l.pg.DSN(db), workload.Options{Seed: *seed, Round: l.rounds}, each)
	l.t.Log(ledger)
	if err := ledger.FirstError(); err != nil {
		l.t.Errorf("got a step that failed: %v", err)
	}
}

// during runs faults while the sessions work, in smaller transactions than those of
// work. Steps may fail; some must not.
func (l *lab) during(faults func()) {
	l.t.Helper()
	ctx, stop := context.WithCancel(l.t.Context())
	l.rounds++
	ledger := &workload.Ledger{Options: workload.Options{
		Seed: *seed, Round: l.rounds, BulkRows: 1000, Pace: pace,
	}}
	running := workload.Go(ctx, l.pg.DSN(db), ledger, steps)
	// A fault can end the test: the sessions must not outlive it.
	defer func() {
		stop()
		running.Wait()
		l.t.Log(ledger)
	}()
	l.await("work", func() (bool, error) { return ledger.Count(workload.Committed) > 20, ledger.FirstError() })
	faults()
	after := ledger.Count(workload.Committed)
	l.await("work after the faults", func() (bool, error) {
		return ledger.Count(workload.Committed) > after+20, ledger.FirstError()
	})
}
