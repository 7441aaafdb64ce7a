package watch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// round looks once and does what follows. waits tells that some of it could not be
// done yet.
func (w *Watcher) round(ctx context.Context) (waits bool, err error) {
	if w.conn == nil {
		if w.conn, err = w.o.Connect(ctx); err != nil {
			return false, err
		}
	}
	l, err := w.look(ctx)
	if err != nil {
		return false, err
	}
	l.facts.settleKeys(w.o.Naming)
	if !w.memory.begun {
		return false, final(w.memory.begin(ctx, l.facts))
	}
	passed := false
	for _, r := range withOwed(Compare(w.memory.facts(), l.facts, w.o.Naming), w.o.Owed(), l.facts, w.o.Naming) {
		done, err := w.consent(ctx, r)
		if err == nil && done && !passed {
			// The tables may change again meanwhile: the next look will tell.
			err = w.o.Passed(ctx, w.conn, l.at)
			passed = true
		}
		if err == nil && done {
			done, err = w.act(ctx, r)
		}
		if err != nil {
			return waits, err
		}
		waits = waits || !done
	}
	return waits, w.settle(ctx, l.facts)
}

// look looks at the catalogue, and sees to it that what is wanted is published.
func (w *Watcher) look(ctx context.Context) (look, error) {
	l, err := lookAt(ctx, w.conn, w.o.Publications, w.o.Selected, w.memory.facts())
	if err != nil || len(l.missing) == 0 || !w.memory.begun {
		return l, err
	}
	added, err := w.o.Publish(ctx, w.conn)
	switch {
	case err != nil && w.conn.IsClosed():
		return l, fmt.Errorf("publish new tables: %w", err)
	case err != nil:
		w.tellRefused(err) // the other tables are watched all the same
	case added:
		if l, err = lookAt(ctx, w.conn, w.o.Publications, w.o.Selected, w.memory.facts()); err != nil {
			return l, err
		}
	}
	w.tellMissing(l.missing)
	return l, nil
}

// tellRefused logs once that new tables cannot be published, and why.
func (w *Watcher) tellRefused(err error) {
	if text := err.Error(); text != w.refused {
		w.refused = text
		w.o.Log.Warn().Err(err).Msg("cannot publish new tables")
	}
}

// tellMissing logs each table once that is wanted and not published.
func (w *Watcher) tellMissing(tables []string) {
	now := make(map[string]bool, len(tables))
	for _, t := range tables {
		now[t] = true
		if !w.absent[t] {
			w.o.Log.Warn().Str("table", t).Strs("publications", w.o.Publications).
				Msg("the table is selected and not published: its changes do not arrive")
		}
	}
	w.absent = now
}

// consent asks the policy about a change. It returns false while the pipeline has to
// rest first.
func (w *Watcher) consent(ctx context.Context, r Reaction) (bool, error) {
	if w.o.Policy == Follow || r.New || r.Gone || r.Effect == Nothing {
		return true, nil
	}
	e := *w.memory.tables[r.Table.OID]
	layout := digest(r.Table)
	if e.Told == layout {
		return !w.o.Paused(), nil
	}
	e.Told = layout
	if err := w.memory.put(ctx, r.Table.OID, e); err != nil {
		return false, failure{err}
	}
	if w.o.Policy == Stop {
		w.tell(r, "the pipeline stops; it follows the change when it is resumed or started again")
		return false, failure{fmt.Errorf("table %s: %s: %w", r.Table, strings.Join(r.Reasons, "; "), ErrStopped)}
	}
	w.tell(r, "the pipeline pauses; it follows the change when it is resumed")
	w.o.Pause()
	return false, nil
}

// act does what a change asks for, and remembers the table as it is now. It returns
// false if it has to be done later.
func (w *Watcher) act(ctx context.Context, r Reaction) (bool, error) {
	switch {
	case r.Gone:
		w.tell(r, "its events end here; its streams stay")
		w.o.Paid(r.Table.OID) // published again, it is new
		return true, final(w.memory.drop(ctx, r.Table.OID))
	case r.Keyless:
		w.tell(r, "its changes are left out until it has a primary key again, or a replica identity that has one; then it is copied anew")
		if err := w.unpublish(ctx); err != nil {
			return false, err
		}
	case r.copies() && !w.o.Copied(r.Table.Schema, r.Table.Name):
		w.tell(r, "it is not copied, for the configuration says never: its streams are wrong until the rows change")
		w.o.Paid(r.Table.OID)
	case r.Owed || r.Effect == Copy && (w.o.Backfill || r.Rekeyed || r.New):
		begun, err := w.o.Copy(ctx, r.Table)
		if err != nil {
			return false, failure{fmt.Errorf("copy %s anew: %w", r.Table, err)}
		}
		if !begun {
			return false, nil
		}
		w.tell(r, "it is copied anew")
		w.o.Paid(r.Table.OID)
	case r.Effect == Copy:
		w.tell(r, "it is not copied anew, for DS_SYNC__DDL_BACKFILL=off: its streams are wrong until the rows change")
	default:
		w.tell(r, "its events go on as they are")
	}
	if r.Left != nil {
		if err := w.o.Close(ctx, *r.Left); err != nil {
			return false, failure{fmt.Errorf("close the streams of %s, which is called %s now: %w", r.Left, r.Table, err)}
		}
	}
	return true, final(w.memory.put(ctx, r.Table.OID, entry{Table: r.Table}))
}

// unpublish has a table that lost its key taken out of the pipeline's own publication:
// while it is published, the application cannot change its rows.
func (w *Watcher) unpublish(ctx context.Context) error {
	_, err := w.o.Publish(ctx, w.conn)
	switch {
	case err != nil && w.conn.IsClosed():
		return fmt.Errorf("take a table out of the publication: %w", err)
	case err != nil:
		w.tellRefused(err)
	}
	return nil
}

// settle remembers, of tables that have not changed as far as anybody cares, what may
// be needed to tell later changes: their files, and the versions of their columns.
func (w *Watcher) settle(ctx context.Context, f Facts) error {
	for oid, t := range f {
		e := w.memory.tables[oid]
		if e == nil || digest(e.Table) == digest(t) || compare(e.Table, t, w.o.Naming).Effect != Nothing {
			continue
		}
		if err := w.memory.put(ctx, oid, entry{Table: t}); err != nil {
			return failure{err}
		}
	}
	return nil
}

// tell logs a change and what is done about it, and notes it for the status.
func (w *Watcher) tell(r Reaction, then string) {
	c := Change{At: time.Now().UTC(), Table: r.Table.String(), What: strings.Join(r.Reasons, "; "), Then: then}
	log := w.o.Log.Info()
	if r.Rekeyed || r.Keyless || r.copies() && !r.New {
		log = w.o.Log.Warn()
	}
	log.Str("table", c.Table).Str("what", c.What).Msg("a table has changed: " + then)
	w.o.Changed(c)
}

// digest stands for everything that is known of a table.
func digest(t Table) string {
	text, _ := json.Marshal(t) // numbers and strings
	h := sha256.Sum256(text)
	return hex.EncodeToString(h[:16])
}

func final(err error) error {
	if err == nil {
		return nil
	}
	return failure{err}
}
