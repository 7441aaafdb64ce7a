package workload

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// How long one statement, and a commit with it, may take, and the wait before a
// session connects again after a failure.
const (
	stepTimeout = 60 * time.Second
	retryPause  = 50 * time.Millisecond
)

// Run lets all sessions do the given number of steps, or fewer if ctx ends: then
// the steps that have begun are the last. A step that fails is not tried again.
func Run(ctx context.Context, dsn string, o Options, steps int) *Ledger {
	ledger := &Ledger{Options: o.withDefaults()}
	Go(ctx, dsn, ledger, steps).Wait()
	return ledger
}

// Go is Run in the background. It writes to a ledger whose options are set.
func Go(ctx context.Context, dsn string, ledger *Ledger, steps int) *sync.WaitGroup {
	ledger.Options = ledger.Options.withDefaults()
	var running sync.WaitGroup
	for number := range ledger.Options.Sessions {
		running.Go(func() {
			s := &session{dsn: dsn, ledger: ledger, plan: NewPlan(ledger.Options, number)}
			defer s.leave()
			for range steps {
				if ctx.Err() != nil {
					return
				}
				s.run(ctx, s.plan.Next())
				s.rest(ctx)
			}
		})
	}
	return &running
}

// session is one connection, and its successors.
type session struct {
	dsn     string
	ledger  *Ledger
	plan    *Plan
	conn    *pgconn.PgConn // nil after a failure
	pending string         // a prepared transaction whose end is not known
}

func (s *session) run(ctx context.Context, step Step) {
	if !s.connect(ctx) {
		return
	}
	// A step that has begun goes on to its end, also when the run is over.
	whole, cancel := context.WithTimeout(context.WithoutCancel(ctx), stepTimeout)
	defer cancel()
	entry := Entry{Session: step.Session, Number: step.Number, Kind: step.Kind, Outcome: Committed}
	if step.Rollback {
		entry.Outcome = RolledBack
	}
	if err := s.do(whole, step); err != nil {
		entry.Outcome, entry.Err = Failed, err
		s.close()
	}
	s.ledger.add(entry)
}

// rest waits as long as the pace of the run says.
func (s *session) rest(ctx context.Context) {
	if s.ledger.Options.Pace == 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(s.ledger.Options.Pace):
	}
}

// connect reports false when the run ends before there is a connection.
func (s *session) connect(ctx context.Context) bool {
	for s.conn == nil {
		conn, err := pgconn.Connect(ctx, s.dsn)
		if err == nil {
			s.conn = conn
			err = s.settle(ctx)
		}
		if err == nil {
			break
		}
		s.close()
		select {
		case <-ctx.Done():
			return false
		case <-time.After(retryPause):
		}
	}
	return true
}

// settle rolls back what a lost connection left prepared, with its locks.
func (s *session) settle(ctx context.Context) error {
	if s.pending == "" {
		return nil
	}
	const undefinedObject = "42704" // it never was prepared, or its end came through
	_, err := s.conn.Exec(ctx, "rollback prepared '"+s.pending+"'").ReadAll()
	if code := sqlState(err); err != nil && code != undefinedObject {
		return err
	}
	s.pending = ""
	return nil
}

// leave ends the session. What it left prepared would hold its locks for ever.
func (s *session) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), stepTimeout)
	defer cancel()
	if s.pending != "" {
		s.connect(ctx)
	}
	s.close()
}

func (s *session) close() {
	if s.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.conn.Close(ctx) // it may be broken already
	s.conn = nil
}
