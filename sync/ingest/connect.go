package ingest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weirstreams/weir/sync/ingest/checks"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// connect makes the session's two connections.
func (s *session) connect(ctx context.Context) error {
	var err error
	if s.control, err = s.p.target.Direct(ctx, source.ReadWrite); err != nil {
		return s.refused(err)
	}
	if err := s.decodes(); err != nil {
		return err
	}
	if s.walsender, err = s.p.target.Replication(ctx); err == nil {
		return nil
	}
	// The facts tell who has the slots or senders, if there are none left.
	if l, failed := s.p.gather(ctx, s.control); failed == nil {
		s.facts = l.facts
	}
	return s.refused(err)
}

// errStandby says that the server cannot send changes as long as it is a standby.
var errStandby = errors.New("the server is a standby, and before Postgres 16 only a primary sends changes: " +
	"it has to be promoted, or the database URL has to name the primary")

// standbyFrom is the major version from which a standby sends changes.
const standbyFrom = 16

// decodes tells whether the server can send changes. A standby that is about to be
// promoted lacks slots and knows another timeline: nothing is to be made of that.
func (s *session) decodes() error {
	conn := s.control.PgConn()
	major, _, _ := strings.Cut(conn.ParameterStatus("server_version"), ".")
	version, err := strconv.Atoi(major)
	if err == nil && version < standbyFrom && conn.ParameterStatus("in_hot_standby") == "on" {
		return errStandby
	}
	return nil
}

func (s *session) refused(err error) error {
	found := s.p.refused(err, s.facts)
	s.p.state.found([]checks.Finding{found})
	return fmt.Errorf("%w\n%w", findings{found}, err)
}

// errLocked says that another instance runs this pipeline.
var errLocked = errors.New("another instance of this pipeline is connected to the database")

const (
	// lockTime is how long the connection of the session before may keep the lock,
	// and lockAgain the time between two attempts: the server takes a moment to
	// notice that a connection has ended.
	lockTime  = time.Second
	lockAgain = 50 * time.Millisecond
)

// takeLock takes the pipeline's lock, for as long as conn lasts. It tells false if
// somebody else has it all the time.
func takeLock(ctx context.Context, conn *pgconn.PgConn, pipeline string, patience time.Duration) (bool, error) {
	for end := time.Now().Add(patience); ; {
		got, err := source.AdvisoryLock(ctx, conn, pipeline)
		if err != nil || got || time.Now().After(end) {
			return got, err
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(lockAgain):
		}
	}
}

// lock makes this the one instance that may stream, and ends what an earlier one has
// left behind if that is wanted.
func (s *session) lock(ctx context.Context) error {
	name := s.p.o.Source.Pipeline
	got, err := takeLock(ctx, s.walsender, name, lockTime)
	if err == nil && !got {
		got, err = s.lockFromOwn(ctx)
	}
	switch {
	case err != nil:
		return err
	case !got:
		return fmt.Errorf("pipeline %s: %w", name, errLocked)
	case !s.p.o.Takeover:
		return nil
	}
	if s.p.walsender, err = source.FindBackend(ctx, s.control, s.walsender.PID()); err != nil {
		return err
	}
	ended, err := source.TerminateOurs(ctx, s.control, s.p.o.Slot, name, s.walsender.PID())
	if ended {
		s.p.o.Log.Warn().Str("slot", s.p.o.Slot).Msg("ended an old connection of this pipeline that held the slot")
	}
	return err
}

// lockFromOwn takes the lock from the last session of this process that had it, if that
// is still there for the server: a connection may be gone at one of its ends alone, and
// the server notices only after wal_sender_timeout. Nobody else is ended: what has the
// lock then is this instance.
func (s *session) lockFromOwn(ctx context.Context) (got bool, err error) {
	last, name := s.p.walsender, s.p.o.Source.Pipeline
	if !s.p.o.Takeover || last.PID == 0 {
		return false, nil
	}
	ended, err := source.EndBackend(ctx, s.control, last, name)
	if err != nil || !ended {
		return false, err
	}
	s.p.o.Log.Warn().Uint32("pid", last.PID).Msg("ended this pipeline's last connection, which the server still held to be there")
	return source.AdvisoryLock(ctx, s.walsender, name)
}

// lockedOut says more of an instance that has the lock, if it reads the slot.
func (s *session) lockedOut(ctx context.Context, err error) error {
	if !errors.Is(err, errLocked) {
		return err
	}
	l, failed := s.p.gather(ctx, s.control)
	if failed != nil {
		return err
	}
	for _, f := range checks.Findings(l.facts, s.p.want(&record{}, l.facts)) {
		if f.Code == codeInUse {
			s.p.state.found([]checks.Finding{f})
			return fmt.Errorf("%w\n%w", findings{f}, err)
		}
	}
	return err
}
