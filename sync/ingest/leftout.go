package ingest

import (
	"slices"

	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/snapshot"
)

// A table can lose what tells its rows apart while it is published: its primary key, or
// its replica identity. Its changes are then left out, and the other tables go on. The
// record has it before anything of that is confirmed, so that the table is copied anew
// as soon as its rows have keys again, whoever runs the pipeline then.

// leaveOutChanges implements assemble.Options.NoKey.
func (s *session) leaveOutChanges(r *pgoutput.Relation, why error) error {
	s.owe(r.ID, r.Schema+"."+r.Name, why)
	s.watcher.Look()
	return nil
}

// leaveOutCopy implements snapshot.Options.NoKey.
func (s *session) leaveOutCopy(t snapshot.Table, why error) { s.owe(t.OID, t.String(), why) }

// owe notes that the streams lack changes of a table, and says so once.
func (s *session) owe(table uint32, name string, why error) {
	s.recording.Lock()
	known := slices.Contains(s.rec.LeftOut, table)
	if !known {
		s.rec.LeftOut = append(s.rec.LeftOut, table)
	}
	s.recording.Unlock()
	if known {
		return
	}
	s.p.o.Log.Warn().Str("table", name).Err(why).
		Msg("the changes of a table are left out: give it a primary key, or a replica identity that has one, and it is copied anew")
}

// owed are the tables of which the streams lack changes.
func (s *session) owed() []uint32 {
	s.recording.Lock()
	defer s.recording.Unlock()
	return slices.Clone(s.rec.LeftOut)
}

// paid says that a table is sure to be copied anew. A crash before the next record has
// it copied once more.
func (s *session) paid(table uint32) {
	s.recording.Lock()
	defer s.recording.Unlock()
	s.rec.LeftOut = slices.DeleteFunc(s.rec.LeftOut, func(t uint32) bool { return t == table })
}
