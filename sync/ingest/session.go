package ingest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weirstreams/weir/sync/ingest/checks"
	"github.com/weirstreams/weir/sync/ingest/snapshot"
	"github.com/weirstreams/weir/sync/ingest/source"
	"github.com/weirstreams/weir/sync/ingest/watch"
)

// session is one connection's worth of work.
type session struct {
	p         *Pipeline
	over      context.Context // ends with the pipeline, and with no order
	rec       *record
	recording sync.Mutex // guards rec while the stream runs
	facts     checks.Facts
	control   *pgx.Conn        // may write; catalogue reads and publications
	walsender *pgconn.PgConn   // nil when the receiver has taken it over
	copier    *snapshot.Copier // nil: nothing is copied
	watcher   *watch.Watcher   // of the tables
}

// session runs one session until it fails or ctx ends.
func (p *Pipeline) session(ctx, over context.Context, back *source.Backoff) error {
	p.state.enter(StateConnecting, nil)
	s := &session{p: p, over: over}
	defer s.close()
	if err := s.open(ctx); err != nil {
		return err
	}
	back.Connected(time.Now())
	return p.streamed(s.stream(ctx))
}

// closeTime bounds the farewell to a connection.
const closeTime = 3 * time.Second

func (s *session) close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	if s.walsender != nil {
		s.walsender.Close(ctx)
	}
	if s.control != nil {
		s.control.Close(ctx)
	}
}

// open gets everything ready to stream from rec.Confirmed on.
func (s *session) open(ctx context.Context) error {
	p := s.p
	if err := s.connect(ctx); err != nil {
		return err
	}
	// Whoever has the lock moves the record and the slot. Looked at without it, one of
	// them might be older than the other, which looks like changes that are missing.
	if err := s.lock(ctx); err != nil {
		return s.lockedOut(ctx, err)
	}
	var err error
	if s.rec, err = loadRecord(ctx, p.o.Sink); err != nil {
		return err
	}
	p.streams.n.Store(s.rec.Streams)
	if err := s.dropLeftovers(ctx); err != nil {
		return err
	}
	l, err := p.gather(ctx, s.control)
	if err != nil {
		return err
	}
	s.facts = l.facts
	if err := p.history(ctx, s.walsender, s.rec, &l); err != nil {
		return err
	}
	l.resolve(ctx, p)
	l.judge(p, s.judged())
	if s.rec.begun() {
		s.leaveOut(l.findings)
	}
	if err := s.heed(ctx, s.stuckSlot(l.findings)); err != nil {
		return err
	}
	if err := s.publish(ctx); err != nil {
		return err
	}
	s.copier = s.newCopier()
	if err := s.recall(ctx); err != nil {
		return err
	}
	if s.rec.begun() {
		// A server that was promoted and lacks nothing is followed from here on: what it
		// stores from now on is behind the end of the timeline before.
		s.rec.Timeline = int32(s.facts.Server.Timeline)
		return s.skip(ctx)
	}
	return s.begin(ctx)
}

// publish makes sure of the publications, and records which they are.
func (s *session) publish(ctx context.Context) error {
	if s.rec.Publications == nil {
		s.rec.Publications = make(map[string]uint32)
	}
	for _, pub := range s.facts.Publications {
		s.rec.Publications[pub.Name] = pub.OID
	}
	s.p.know(s.tables())
	if !s.p.o.Manage {
		return nil
	}
	// The first one has all the tables; others are for the user to fill.
	name := s.p.o.Publications[0]
	if pub, ok := s.publication(name); ok && !pub.Owned {
		return nil
	}
	change, err := source.EnsurePublication(ctx, s.control, source.PublicationSpec{
		Name: name, Tables: s.tables(), Version: s.facts.Server.Version,
	})
	if err != nil {
		return err
	}
	s.rec.Publications[name] = change.OID
	s.p.logDropped(name, change)
	if change.Created {
		s.rec.CreatedPublications = append(s.rec.CreatedPublications, name)
		s.p.o.Log.Info().Str("publication", name).Int("tables", len(change.Added)).Msg("created the publication")
	}
	return nil
}

func (s *session) publication(name string) (checks.Publication, bool) {
	for _, pub := range s.facts.Publications {
		if pub.Name == name {
			return pub, true
		}
	}
	return checks.Publication{}, false
}

// tables are the selected ones, for a publication: partitions go with their root.
func (s *session) tables() []source.Table {
	var tables []source.Table
	for _, t := range s.facts.Tables {
		if t.Selected && t.Parent == 0 {
			tables = append(tables, source.Table{Schema: t.Name.Schema, Name: t.Name.Table})
		}
	}
	return tables
}

// begin creates the slot and copies what was committed before it. The wish is
// recorded first: a crash between the slot and its record leaves one that is ours.
func (s *session) begin(ctx context.Context) error {
	p := s.p
	leftover := s.rec.Intent
	s.rec.System, s.rec.Timeline = fmt.Sprint(s.facts.Server.System), int32(s.facts.Server.Timeline)
	s.rec.Database, s.rec.Slot, s.rec.Intent = s.facts.Server.DatabaseOID, p.o.Slot, true
	if err := s.rec.save(ctx, p.o.Sink); err != nil {
		return err
	}
	if _, there, err := source.FindSlot(ctx, s.control, p.o.Slot); err != nil {
		return err
	} else if there && leftover {
		if err := source.DropSlot(ctx, s.walsender, p.o.Slot); err != nil {
			return err
		}
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	if err := s.beginWatch(ctx); err != nil {
		return err
	}
	slot, err := s.createSlot(ctx)
	if err != nil {
		return err
	}
	if err := s.announceGap(ctx); err != nil {
		return err
	}
	s.rec.Streams = p.streams.n.Load()
	s.rec.ConsistentPoint, s.rec.Confirmed, s.rec.Intent = slot.ConsistentPoint, slot.ConsistentPoint, false
	if err := s.rec.save(ctx, p.o.Sink); err != nil {
		return err
	}
	p.o.Log.Info().Str("slot", p.o.Slot).Stringer("lsn", slot.ConsistentPoint).
		Msg("created the slot: the database keeps its log from here on until it is stored here")
	return s.copyFirst(ctx, slot.Snapshot)
}

// blockedEvery is how often the transactions are named that a new slot waits for.
const blockedEvery = 10 * time.Second

// createSlot waits for the transactions that write, however long they take, and says
// which they are.
func (s *session) createSlot(ctx context.Context) (source.Slot, error) {
	p := s.p
	type answer struct {
		slot source.Slot
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		slot, err := source.CreateSlot(ctx, s.walsender, source.SlotSpec{
			Name: p.o.Slot, Temporary: p.o.Temporary, ExportSnapshot: true,
			Failover: p.o.Failover && s.facts.Server.Version >= failoverFrom,
		})
		done <- answer{slot, err}
	}()
	tick := time.NewTicker(blockedEvery)
	defer tick.Stop()
	for {
		select {
		case a := <-done:
			return a.slot, a.err
		case <-tick.C:
			// Only for the log: an error here is the next command's, too.
			if l, err := p.gather(ctx, s.control); err == nil && len(l.facts.Blockers) > 0 {
				p.o.Log.Warn().Str("code", "E119").Msg(checks.Waiting(l.facts.Blockers).Text)
			}
		}
	}
}

// failoverFrom is the version from which slots can be kept on standbys.
const failoverFrom = 170000
