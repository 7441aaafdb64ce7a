package ingest

import (
	"context"
	"net/netip"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/checks"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// looked is what one look at the server has found.
type looked struct {
	facts     checks.Facts
	addresses []netip.Addr // of the database's host, as far as they are known
	findings  []checks.Finding
}

// look connects in both ways, one after the other, and lists what does not fit.
func (p *Pipeline) look(ctx context.Context, rec *record) (looked, error) {
	conn, err := p.target.Direct(ctx, source.ReadOnly)
	if err != nil {
		return looked{findings: []checks.Finding{p.refused(err, checks.Facts{})}}, nil
	}
	defer conn.Close(ctx)
	l, err := p.gather(ctx, conn)
	if err != nil {
		return looked{}, err
	}
	walsender, err := p.target.Replication(ctx)
	if err != nil {
		l.findings = append(l.findings, p.refused(err, l.facts))
	} else {
		err = p.history(ctx, walsender, rec, &l)
		walsender.Close(ctx)
	}
	l.resolve(ctx, p)
	l.judge(p, rec)
	return l, err
}

func (p *Pipeline) gather(ctx context.Context, conn *pgx.Conn) (looked, error) {
	facts, err := checks.Gather(ctx, conn, checks.Selection{Publications: p.o.Publications, Tables: p.o.Tables.Match})
	return looked{facts: facts}, err
}

// history completes the facts with how the server came to its timeline, if that is
// not the one that the record knows.
func (p *Pipeline) history(ctx context.Context, conn *pgconn.PgConn, rec *record, l *looked) error {
	if !rec.begun() || uint32(rec.Timeline) == l.facts.Server.Timeline {
		return nil
	}
	switches, err := source.TimelineHistory(ctx, conn, int32(l.facts.Server.Timeline))
	for _, s := range switches {
		l.facts.History = append(l.facts.History, checks.Switch{Timeline: uint32(s.Timeline), At: s.At})
	}
	return err
}

func (l *looked) judge(p *Pipeline, rec *record) {
	want := p.want(rec, l.facts)
	want.Target.Resolved = l.addresses
	l.findings = append(l.findings, checks.Findings(l.facts, want)...)
}

// refused says why a connection was.
func (p *Pipeline) refused(err error, f checks.Facts) checks.Finding {
	return checks.Connecting(err, p.address(), f)
}

func (p *Pipeline) address() checks.Target {
	e := p.target.Endpoint()
	return checks.Target{Role: e.User, Database: e.Database, Host: e.Host, Port: e.Port, SSLMode: e.SSLMode, TLS: e.TLS}
}

// want is what the checks hold the facts against.
func (p *Pipeline) want(rec *record, f checks.Facts) checks.Want {
	w := checks.Want{
		Target: p.address(), Slot: p.o.Slot, Temporary: p.o.Temporary, NoCopies: !p.copiesRows(), WholeRows: p.o.Toast == assemble.ToastRequireFull,
		Publications: p.o.Publications, Manage: p.o.Manage,
		Application: source.ApplicationName(p.o.Source.Pipeline), Routes: make(map[checks.Name]checks.Route),
	}
	for _, t := range f.Tables {
		if t.Selected {
			w.Routes[t.Name] = p.route(t.Name)
		}
	}
	if rec.begun() || rec.Intent {
		system, _ := strconv.ParseUint(rec.System, 10, 64) // what Postgres calls it is a number
		w.Record = &checks.Record{
			System: system, Timeline: uint32(rec.Timeline), Slot: rec.Slot, Intent: rec.Intent,
			Confirmed: rec.Confirmed, Publications: rec.Publications,
		}
	}
	return w
}
