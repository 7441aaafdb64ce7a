package ingest

import (
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weirstreams/weir/sync/ingest/lsn"
)

// Copy is how far the copy of a table is.
type Copy struct {
	Table string `json:"table"`
	State string `json:"state"`
	// Rows were copied; Remaining are those that are still to come by an estimate,
	// or negative if nobody knows.
	Rows      int64 `json:"rows"`
	Remaining int64 `json:"remaining_rows"`
	// Bytes of events were copied, Percent of the table was read, up to Cursor.
	Bytes   int64   `json:"bytes,omitempty"`
	Percent float64 `json:"percent,omitempty"`
	Cursor  string  `json:"cursor,omitempty"`
	// Left is how long the rest takes by the pace so far; 0: not known.
	Left time.Duration `json:"left_ns,omitempty"`
	// Waiting is what for, if the copy does not go on by itself.
	Waiting string `json:"waiting,omitempty"`
}

// Retained is how many bytes of its log the database kept for the slot when somebody
// looked last.
func (s Status) Retained() int64 {
	if s.Row == nil {
		return 0
	}
	return s.Row.RetainedBytes
}

// Behind is how many bytes the database's log has after what is confirmed, as far as
// is known.
func (s Status) Behind() int64 {
	if s.Server == nil || s.Server.End <= s.confirmed() {
		return 0
	}
	return int64(s.Server.End - s.confirmed())
}

// confirmed is what the server was told in this run, or else what it knows.
func (s Status) confirmed() lsn.LSN {
	if s.Row == nil {
		return s.Confirmed
	}
	return max(s.Confirmed, s.Row.ConfirmedFlush)
}

// fill completes a status with what changes all the time.
func (p *Pipeline) fill(s *Status, now time.Time) {
	s.Lag = overdue(s.Lag, s.Beat, p.o.Heartbeat, now)
	s.Copies, s.Rows = p.copies(), p.measures.rows.list()
	m := p.measures
	s.ReceivedBytes = m.received.Load()
	s.TxBytes, s.Durable = m.txBytes.distribution(), m.durable.distribution()
	if r := m.receiver.Load(); r != nil {
		s.Received, s.Ring = max(s.Received, r.Received()), r.Buffered()
	}
}

// overdue is how late the streams are. The heartbeat that has come back last took so
// long; the one after it, sent an interval later, may be on its way for longer.
func overdue(last time.Duration, sent time.Time, every time.Duration, now time.Time) time.Duration {
	if sent.IsZero() || every <= 0 {
		return last
	}
	return max(last, now.Sub(sent)-every)
}

// codeOf is the code of a check or the SQLSTATE that an error has in it, or "".
func codeOf(err error) string {
	if found, ok := errors.AsType[findings](err); ok && len(found) > 0 {
		return found[0].Code
	}
	if server, ok := errors.AsType[*pgconn.PgError](err); ok {
		return server.Code
	}
	return ""
}
