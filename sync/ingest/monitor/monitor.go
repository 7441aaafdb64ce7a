// Package monitor watches what a pipeline's replication slot costs the database.
//
// A slot keeps the database's log from being removed, whether or not somebody reads
// it. So the monitor has a connection of its own and goes on while the pipeline
// cannot connect or has failed: that is when it matters. Start with Monitor.
package monitor

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"
)

// Limits say when the monitor speaks up and when it acts. Zero is never.
type Limits struct {
	// WarnBytes are bytes of log that the slot keeps, and WarnTime is how far the
	// streams are behind, from which on the log warns.
	WarnBytes int64
	WarnTime  time.Duration
	// StopBytes are bytes of log from which on the slot is dropped to save the
	// database's disk.
	StopBytes int64
}

// Options are what a Monitor works with. All but Limits and Every are needed.
type Options struct {
	Slot        string
	Application string // what the pipeline's own connections call themselves
	// Connect opens a connection for catalogue reads.
	Connect func(ctx context.Context) (*pgx.Conn, error)
	// Ours tells whether the pipeline has made the slot. Others are never dropped.
	Ours func(ctx context.Context) (bool, error)
	// Lag tells how far the streams are behind.
	Lag func() time.Duration
	// Seen is given every reading.
	Seen   func(Reading)
	Limits Limits
	Every  time.Duration // between two readings; 0: 15 s
	Log    zerolog.Logger
}

const (
	defaultEvery = 15 * time.Second
	// readTime bounds one reading, the connection included.
	readTime  = 10 * time.Second
	closeTime = 3 * time.Second
)

// Monitor reads a slot's state from time to time. Its Run is called once.
type Monitor struct {
	o Options

	// Of the goroutine in Run.
	conn      *pgx.Conn // nil: none at the moment
	idleSince time.Time // when nobody was seen to read the slot, zero: somebody does
	told      bool      // what the slot keeps was logged
	judge     judge
}

// New returns a monitor that does nothing yet.
func New(o Options) *Monitor {
	if o.Every <= 0 {
		o.Every = defaultEvery
	}
	return &Monitor{o: o, judge: judge{log: o.Log, limits: o.Limits}}
}

// Run reads until ctx ends.
func (m *Monitor) Run(ctx context.Context) {
	tick := time.NewTicker(m.o.Every)
	defer tick.Stop()
	defer m.disconnect()
	for {
		if err := m.once(ctx); ctx.Err() == nil {
			m.judge.reached(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// once reads and judges. A connection that fails is given up, and the next time makes
// a new one.
func (m *Monitor) once(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	if m.conn == nil {
		var err error
		if m.conn, err = m.o.Connect(ctx); err != nil {
			return err
		}
	}
	r, err := read(ctx, m.conn, m.o.Slot)
	if err != nil {
		m.disconnect()
		return err
	}
	r.Inactive = m.inactive(r)
	m.o.Seen(r)
	if !m.told && r.Slot != nil {
		m.told = true
		logRetention(m.o.Log, r)
	}
	if m.judge.look(r, m.o.Lag()) {
		return m.save(ctx, r)
	}
	return nil
}

// inactive is how long nobody has read the slot. Servers before 17 do not say since
// when; then it counts from the first reading that found nobody.
func (m *Monitor) inactive(r Reading) time.Duration {
	if r.Slot == nil || r.Slot.Active {
		m.idleSince = time.Time{}
		return 0
	}
	if m.idleSince.IsZero() {
		m.idleSince = r.At
	}
	since := m.idleSince
	if s := r.Slot.InactiveSince; !s.IsZero() && s.Before(since) {
		since = s
	}
	return r.At.Sub(since)
}

// save drops the slot before the database's disk is full. What the streams lack from
// then on a new copy has to bring.
func (m *Monitor) save(ctx context.Context, r Reading) error {
	ours, err := m.o.Ours(ctx)
	if err != nil || !ours {
		return err
	}
	m.o.Log.Error().Str("slot", m.o.Slot).Int64("retained_bytes", r.Slot.RetainedBytes).
		Int64("limit_bytes", m.o.Limits.StopBytes).Stringer("confirmed_lsn", r.Slot.ConfirmedFlush).Stringer("end_lsn", r.End).
		Msg("dropping the slot to save the database's disk, as DS_SYNC__LAG_STOP_BYTES says: the changes that it kept are lost to the streams, and a resync is needed")
	if err := drop(ctx, m.conn, m.o.Slot, m.o.Application); err != nil {
		return fmt.Errorf("drop slot %s to save the database: %w", m.o.Slot, err)
	}
	return nil
}

func (m *Monitor) disconnect() {
	if m.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	m.conn.Close(ctx)
	m.conn = nil
}
