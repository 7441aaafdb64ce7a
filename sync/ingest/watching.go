package ingest

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/checks"
	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/route"
	"github.com/weirstreams/weir/sync/ingest/snapshot"
	"github.com/weirstreams/weir/sync/ingest/source"
	"github.com/weirstreams/weir/sync/ingest/watch"
)

// watchPrefix is that of messages which nobody reads: they make the log go on.
const watchPrefix = "ds-sync-watch"

// beginWatch notes the tables as they are before the slot is created, so that what is
// done to them from here on is noticed.
func (s *session) beginWatch(ctx context.Context) error {
	o := s.p.o
	return watch.Begin(ctx, s.control, o.Sink, o.Publications, o.Tables.Match)
}

// watchBeside begins to watch the tables beside the stream.
func (s *session) watchBeside(recv *source.Receiver, b *beside) {
	s.watcher = s.newWatcher(b.visits)
	b.begin(recv, s.watcher.Run)
}

func (s *session) newWatcher(visits *snapshot.Visits) *watch.Watcher {
	p, o := s.p, s.p.o
	policy := o.DDL
	if policy == "" {
		policy = watch.Follow
	}
	return watch.New(watch.Options{
		Connect: func(ctx context.Context) (*pgx.Conn, error) { return p.target.Direct(ctx, source.ReadWrite) },
		Sink:    o.Sink, Publications: o.Publications, Selected: o.Tables.Match, Naming: p.naming(),
		Policy: policy, Backfill: !o.KeepStale,
		Publish: p.publishNew,
		Passed: func(ctx context.Context, conn *pgx.Conn, at lsn.LSN) error {
			// A database that cannot be written to passes it with a keepalive.
			nudge := func() { _, _ = source.Emit(ctx, conn, watchPrefix, nil) }
			return visits.Do(ctx, at, func(snapshot.Streams) error { return nil }, nudge)
		},
		Copied: func(schema, table string) bool {
			r := o.Event.Routes.For(schema, table)
			return s.copier != nil && (r == nil || r.Snapshot != route.SnapshotNever)
		},
		Copy: func(ctx context.Context, t watch.Table) (bool, error) {
			return s.copier.Again(ctx, snapshot.Table{OID: t.OID, Schema: t.Schema, Name: t.Name})
		},
		Pause: p.Pause, Paused: func() bool { return p.orders.resumption() != nil },
		Changed: p.changed, Every: o.WatchEvery, Log: o.Log,
	})
}

// maxChanges is how many changes of tables the status has.
const maxChanges = 20

func (p *Pipeline) changed(c watch.Change) {
	p.state.change(func(s *Status) {
		from := max(0, len(s.Changes)+1-maxChanges)
		s.Changes = append(slices.Clone(s.Changes[from:]), c)
	})
}

// naming is what the configuration makes of the names of tables.
func (p *Pipeline) naming() watch.Naming {
	c := &p.o.Event
	return watch.Naming{
		Key: func(schema, table string) []string {
			if r := c.Routes.For(schema, table); r != nil {
				return r.Key
			}
			return nil
		},
		Place: func(schema, table string) string { return place(c, schema, table) },
	}
}

// place is the stream of a made-up row, and the type of its event.
func place(c *event.Config, schema, table string) string {
	template := c.Template(schema, table)
	row := route.Row{Schema: schema, Table: table, Key: []byte("key")}
	for range template.Columns() {
		row.Columns = append(row.Columns, []byte("value"))
	}
	types := c.Type
	if r := c.Routes.For(schema, table); r != nil && r.Type != nil {
		types = r.Type
	}
	return string(template.Append(nil, row)) + "\x00" + types.Type(schema, table)
}

// leaveOut takes tables out of the facts that nobody publishes yet and that the checks
// object to, and makes warnings of what they say: a table that is made while the
// pipeline runs stops nothing else. Published, it might not be writable any more.
func (s *session) leaveOut(found []checks.Finding) {
	fresh := make(map[string]bool)
	for _, t := range s.facts.Tables {
		if !t.Member && len(t.Shares) == 0 && t.Parent == 0 {
			fresh[t.Name.String()] = true
		}
	}
	refused := make(map[string]bool)
	for i, f := range found {
		if f.Then == checks.Stop && fresh[f.Table] {
			found[i].Then = checks.Warn
			refused[f.Table] = true
		}
	}
	s.facts.Tables = slices.DeleteFunc(s.facts.Tables, func(t checks.Table) bool { return refused[t.Name.String()] })
}

// publishNew adds tables that are selected and not published yet to the pipeline's own
// publication, but for those that the checks object to.
func (p *Pipeline) publishNew(ctx context.Context, conn *pgx.Conn) (added bool, err error) {
	if !p.o.Manage {
		return false, nil
	}
	l, err := p.gather(ctx, conn)
	if err != nil {
		return false, err
	}
	s := &session{p: p, facts: l.facts}
	name := p.o.Publications[0]
	// One that is missing is not made anew: the slot would never see it.
	if pub, ok := s.publication(name); !ok || !pub.Owned {
		return false, nil
	}
	s.leaveOut(checks.Findings(l.facts, p.want(&record{}, l.facts)))
	change, err := source.EnsurePublication(ctx, conn, source.PublicationSpec{
		Name: name, Tables: s.tables(), Version: l.facts.Server.Version,
	})
	if err != nil || len(change.Added) == 0 {
		return false, err
	}
	for _, t := range change.Added {
		p.o.Log.Info().Stringer("table", t).Str("publication", name).Msg("published a new table")
	}
	p.state.change(func(st *Status) { st.Tables = names(s.tables()) })
	return true, nil
}

// watches are told of what happens to tables in the stream.
func (s *session) watches() assemble.Watch {
	if s.copier == nil {
		return s.watcher
	}
	return both{s.copier, s.watcher}
}

// both tells two of everything.
type both [2]assemble.Watch

// Table implements assemble.Watch.
func (b both) Table(t *event.Table) {
	for _, w := range b {
		w.Table(t)
	}
}

// Touched implements assemble.Watch.
func (b both) Touched(t *event.Table, xid uint32, key []byte) {
	for _, w := range b {
		w.Touched(t, xid, key)
	}
}

// Truncated implements assemble.Watch.
func (b both) Truncated(t *event.Table, xid uint32) {
	for _, w := range b {
		w.Truncated(t, xid)
	}
}
