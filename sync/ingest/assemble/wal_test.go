package assemble_test

import (
	"context"
	"time"

	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/pgoutput/pgouttest"
)

// change is a record of a write-ahead log made by hand.
type change struct {
	at lsn.LSN
	m  pgoutput.Message
	// maybe: whether it is sent depends on the session.
	maybe bool
}

// tx is a transaction of such a log.
type tx struct {
	xid         uint32
	commit, end lsn.LSN
	changes     []change
}

// committed is when every transaction was.
var committed = time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)

// frame is one message as a session sends it.
type frame struct {
	start lsn.LSN
	data  []byte
}

// sender sends transactions in one session.
type sender struct{ announced map[*pgoutput.Relation]bool }

func newSender() *sender { return &sender{announced: make(map[*pgoutput.Relation]bool)} }

// frames is what a transaction is sent as, without the changes that skip chooses among
// those that may be missing.
func (s *sender) frames(x *tx, skip func() bool) []frame {
	all := []frame{{x.commit, pgouttest.Encode(&pgoutput.Begin{CommitLSN: x.commit, Time: committed, XID: x.xid})}}
	for _, c := range x.changes {
		if c.maybe && skip() {
			continue
		}
		for _, r := range relations(c.m) {
			if !s.announced[r] {
				s.announced[r] = true
				all = append(all, frame{0, pgouttest.Encode(r)})
			}
		}
		all = append(all, frame{c.at, pgouttest.Encode(c.m)})
	}
	c := &pgoutput.Commit{CommitLSN: x.commit, EndLSN: x.end, Time: committed}
	return append(all, frame{x.end, pgouttest.Encode(c)})
}

func relations(m pgoutput.Message) []*pgoutput.Relation {
	switch m := m.(type) {
	case *pgoutput.Insert:
		return []*pgoutput.Relation{m.Relation}
	case *pgoutput.Update:
		return []*pgoutput.Relation{m.Relation}
	case *pgoutput.Delete:
		return []*pgoutput.Relation{m.Relation}
	case *pgoutput.Truncate:
		return m.Relations
	}
	return nil
}

// handle gives an assembler frames up to the first error.
func handle(a *assemble.Assembler, frames []frame) error {
	for _, f := range frames {
		if err := a.Handle(context.Background(), f.start, f.data); err != nil {
			return err
		}
	}
	return nil
}

// Relations and rows in short.

// relation returns a table of text columns; those marked with a star are of the
// replica identity.
func relation(id uint32, name string, identity pgoutput.Identity, columns ...string) *pgoutput.Relation {
	r := &pgoutput.Relation{ID: id, Schema: "public", Name: name, Identity: identity}
	for _, c := range columns {
		key := identity == pgoutput.IdentityFull
		if c[0] == '*' {
			key, c = true, c[1:]
		}
		r.Columns = append(r.Columns, pgoutput.RelationColumn{Name: c, Type: 25, Modifier: -1, Key: key})
	}
	return r
}

// null and same stand for values in row that are NULL, and that were not sent.
const (
	null = "\x00null"
	same = "\x00same"
)

func row(values ...string) pgoutput.Tuple {
	t := make(pgoutput.Tuple, len(values))
	for i, v := range values {
		switch v {
		case null:
			t[i].Kind = pgoutput.Null
		case same:
			t[i].Kind = pgoutput.Unchanged
		default:
			t[i] = pgoutput.Column{Kind: pgoutput.Text, Value: []byte(v)}
		}
	}
	return t
}
