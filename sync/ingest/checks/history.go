package checks

import "github.com/weirstreams/weir/sync/ingest/lsn"

// otherHistory is E111.
func otherHistory(f *Facts, w *Want) []Finding {
	if w.Record == nil || w.Record.System == 0 {
		return nil
	}
	lost, diverged := f.diverged(*w.Record)
	if !diverged && !f.otherSystem(w) {
		return nil
	}
	return []Finding{stop("E111", `This database (system %d, timeline %d) is not the one the streams were built from (%d, %d), `+
		`or it lost transactions after %s in a fail-over. Continuing would mix histories.`,
		f.Server.System, f.Server.Timeline, w.Record.System, w.Record.Timeline, lost)}
}

func (f *Facts) otherSystem(w *Want) bool {
	return w.Record != nil && w.Record.System != 0 && w.Record.System != f.Server.System
}

// diverged tells whether the server's log left the one we followed before the
// position we stored, and where. Only a history that contains our timeline and
// left it at or after that position is a continuation (I-91).
func (f *Facts) diverged(r Record) (lsn.LSN, bool) {
	if f.Server.Timeline == r.Timeline {
		return r.Confirmed, false
	}
	known := false
	for _, s := range f.History {
		if s.Timeline < r.Timeline {
			continue
		}
		if s.At < r.Confirmed {
			return s.At, true
		}
		known = known || s.Timeline == r.Timeline
	}
	return r.Confirmed, !known
}
