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
	return watch.Begin(ctx, s.control, o.Sink, o.Publications, o.Tables.Match, s.p.naming())
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
		Copied: s.wantsCopy,
		Owed:   s.owed, Paid: s.paid, Close: p.closeLeft,
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
		NoKey:  c.Keyless,
		Place:  func(schema, table string) string { return place(c, schema, table) },
		Stream: func(schema, table string) string { return madeUp(c, schema, table) },
	}
}

// place is the stream of a made-up row, and the type of its event.
func place(c *event.Config, schema, table string) string {
	types := c.Type
	if r := c.Routes.For(schema, table); r != nil && r.Type != nil {
		types = r.Type
	}
	return madeUp(c, schema, table) + "\x00" + types.Type(schema, table)
}

// madeUp is the stream of a made-up row.
func madeUp(c *event.Config, schema, table string) string {
	template := c.Template(schema, table)
	row := route.Row{Schema: schema, Table: table, Key: []byte("key")}
	for range template.Columns() {
		row.Columns = append(row.Columns, []byte("value"))
	}
	return string(template.Append(nil, row))
}

// leaveOut takes tables out of the facts that the checks object to, and makes warnings of
// what they say: those that nobody publishes yet, and those that have lost what tells
// their rows apart. What is done to one table while the pipeline runs stops no other.
// Published, these might not be writable any more. A root goes with its partitions.
func (s *session) leaveOut(found []checks.Finding) {
	roots, published := s.roots()
	refused := make(map[string]bool)
	for i, f := range found {
		root, ours := roots[f.Table]
		if f.Then == checks.Stop && ours && (!published[root] || f.Keyless && root == f.Table) {
			found[i].Then = checks.Warn
			refused[root] = true
		}
	}
	s.facts.Tables = slices.DeleteFunc(s.facts.Tables, func(t checks.Table) bool { return refused[roots[t.Name.String()]] })
}

// roots tells what each table is a partition of in the end, if not itself, and which of
// those are published, if only in part.
func (s *session) roots() (roots map[string]string, published map[string]bool) {
	byOID := make(map[uint32]*checks.Table, len(s.facts.Tables))
	for i := range s.facts.Tables {
		byOID[s.facts.Tables[i].OID] = &s.facts.Tables[i]
	}
	roots, published = make(map[string]string, len(byOID)), make(map[string]bool)
	for _, t := range byOID {
		root := t
		for byOID[root.Parent] != nil {
			root = byOID[root.Parent]
		}
		roots[t.Name.String()] = root.Name.String()
		if t.Member || len(t.Shares) > 0 {
			published[root.Name.String()] = true
		}
	}
	return roots, published
}

// publishNew adds tables that are selected and not published yet to the pipeline's own
// publication, but for those that the checks object to, which it takes out.
func (p *Pipeline) publishNew(ctx context.Context, conn *pgx.Conn) (changed bool, err error) {
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
	if err != nil || len(change.Added)+len(change.Dropped) == 0 {
		return false, err
	}
	for _, t := range change.Added {
		p.o.Log.Info().Stringer("table", t).Str("publication", name).Msg("published a new table")
	}
	p.logDropped(name, change)
	p.know(s.tables())
	return true, nil
}

// logDropped names the tables that were taken out of a publication.
func (p *Pipeline) logDropped(publication string, change source.PublicationChange) {
	for _, t := range change.Dropped {
		p.o.Log.Warn().Stringer("table", t).Str("publication", publication).
			Msg("took a table out of the publication: it is not selected any more, or nothing tells its rows apart")
	}
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
