package changes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/cmd/weir/bench/figures"
	"github.com/weirstreams/weir/cmd/weir/bench/weirproc"
)

const (
	// busyRows find out what both servers keep up with, busyPart of which is the load.
	busyRows = 100_000
	busyPart = 0.7
	// busyTurn is the time between two helpings of the load.
	busyTurn = 5 * time.Millisecond
)

// busyLoad is smallLoad, and the table of latencyLoad beside it.
var busyLoad = func() load {
	w := smallLoad
	w.name, w.rows, w.tables = "busy", busyRows, append(slices.Clone(w.tables), latencyLoad.tables...)
	return w
}()

// busy is latency beside a load. Postgres and the server share the machine, so what
// counts is the rate at which both together get rows through, not the one at which
// the server reads a log that is there.
func busy(ctx context.Context, l *lab, s *figures.Sheet) (err error) {
	p, err := l.live(ctx, &busyLoad)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Stop()) }()
	b, err := l.besides(ctx)
	if err != nil {
		return err
	}
	defer func() { b.lab.conn.Close(context.WithoutCancel(ctx)) }()
	most, err := b.keepsUp(ctx, p)
	if err != nil {
		return err
	}
	s.Number("most_per_second", "most that both keep up with", most, "transactions/s")
	stop := b.start(ctx, most*busyPart)
	err = l.commitToEvent(ctx, p, s)
	rate, loadErr := stop()
	s.Number("load_per_second", "load beside", rate, "transactions/s")
	return errors.Join(err, loadErr)
}

// beside is a load with a connection of its own, which does not wait for syncs: the
// commits that are measured make the database sync its log for all.
type beside struct {
	lab  lab
	rows int // so many are committed
}

func (l *lab) besides(ctx context.Context) (*beside, error) {
	b := &beside{lab: *l}
	var err error
	if b.lab.conn, err = pgx.Connect(ctx, l.url); err != nil {
		return nil, fmt.Errorf("connect to Postgres: %w", err)
	}
	return b, nil
}

// keepsUp commits rows as fast as it can and returns how many a second were there at
// the server.
func (b *beside) keepsUp(ctx context.Context, p *weirproc.Process) (perSecond float64, err error) {
	b.rows = b.lab.size(&busyLoad)
	began := time.Now()
	end, err := busyLoad.run(ctx, &b.lab, b.rows)
	if err != nil {
		return 0, err
	}
	for {
		done, err := b.lab.complete(ctx, p, &busyLoad, end)
		if err != nil || done {
			return float64(b.rows) / time.Since(began).Seconds(), err
		}
		if err := p.Pause(ctx, lookEvery); err != nil {
			return 0, err
		}
	}
}

// start commits rows at a rate until stop, which returns the rate that came of it.
func (b *beside) start(ctx context.Context, perSecond float64) (stop func() (float64, error)) {
	ctx, cancel := context.WithCancel(ctx)
	var rate float64
	ended := make(chan error, 1)
	go func() {
		var err error
		rate, err = b.commit(ctx, perSecond)
		ended <- err
	}()
	return func() (float64, error) {
		cancel()
		err := <-ended
		return rate, err
	}
}

// commit goes on until ctx ends. What is late is caught up with.
func (b *beside) commit(ctx context.Context, perSecond float64) (rate float64, err error) {
	if err := b.lab.exec(ctx, "set synchronous_commit = off"); err != nil {
		return 0, err
	}
	tick := time.NewTicker(busyTurn)
	defer tick.Stop()
	for began, first := time.Now(), b.rows; ; {
		select {
		case <-ctx.Done():
			return float64(b.rows-first) / time.Since(began).Seconds(), nil
		case <-tick.C:
		}
		due := first + int(perSecond*time.Since(began).Seconds())
		if due == b.rows {
			continue
		}
		// A helping is committed whole, also when the end comes meanwhile.
		if err := busyLoad.fill(context.WithoutCancel(ctx), &b.lab, b.rows, due); err != nil {
			return 0, err
		}
		b.rows = due
	}
}
