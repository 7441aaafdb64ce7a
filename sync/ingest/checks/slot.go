package checks

import (
	"cmp"
	"fmt"
)

const plugin = "pgoutput"

// slotInUse is E106.
func slotInUse(f *Facts, w *Want) []Finding {
	s, found := f.slot(w.Slot)
	if !found || s.ActivePID == 0 {
		return nil
	}
	expiry := "at most " + span(f.Settings.SenderTimeout)
	if f.Settings.SenderTimeout == 0 {
		expiry = "an unknown time, as wal_sender_timeout is 0"
	}
	text := fmt.Sprintf(`Slot %s is in use by pid %d (application %s, client %s, since %s). `+
		`Another instance is running, or a dead connection expires in %s. `+
		`Set DS_SYNC__TAKEOVER=terminate to end a leftover of this server.`,
		quote(s.Name), s.ActivePID, cmp.Or(s.Application, "unknown"), s.client(), s.since(), expiry)
	return []Finding{{Code: "E106", Text: text, Then: Retry}}
}

// client is empty for a Unix socket and where the server hides the session.
func (s Slot) client() string {
	if s.Client == "" && s.Application == "" {
		return "unknown"
	}
	return cmp.Or(s.Client, "local")
}

func (s Slot) since() string {
	if s.Since.IsZero() {
		return "an unknown time"
	}
	return moment(s.Since)
}

// slotKind is E107.
func slotKind(f *Facts, w *Want) []Finding {
	s, found := f.slot(w.Slot)
	if !found || s.fits(f.Server.Database) {
		return nil
	}
	kind := s.Type + " slot"
	if s.Type == "logical" {
		kind = fmt.Sprintf("%s %s slot of database %s", s.Type, s.Plugin, quote(s.Database))
	}
	return []Finding{stop("E107", `Slot %s is a %s; this pipeline needs %s in %s. Choose another DS_SYNC__SLOT.`,
		quote(s.Name), kind, plugin, quote(f.Server.Database))}
}

func (s Slot) fits(database string) bool {
	return s.Type == "logical" && s.Plugin == plugin && s.Database == database
}

// slotLost is E108. A slot that is not for us at all says nothing by its state.
func slotLost(f *Facts, w *Want) []Finding {
	s, found := f.slot(w.Slot)
	if !found || !s.fits(f.Server.Database) || s.Status != "lost" {
		return nil
	}
	when := ""
	if !s.Inactive.IsZero() {
		when = " at about " + moment(s.Inactive)
	}
	keep := "unlimited"
	if f.Settings.SlotKeepBytes >= 0 {
		keep = size(f.Settings.SlotKeepBytes)
	}
	tables, bytes := f.toCopy()
	return []Finding{perSetting("E108", `Slot %s was invalidated (%s)%s; changes after %s are gone. `+
		`Raise max_slot_wal_keep_size (now %s) if this repeats. `+
		`Set DS_SYNC__SLOT_LOST=resync (or POST /sync/resync) to recreate the slot and snapshot %s, about %s.`,
		quote(s.Name), cmp.Or(s.Reason, "wal_removed"), when, s.Confirmed, keep, count(tables, "table", "tables"), size(bytes))}
}

// toCopy counts what a snapshot reads. Partitions stand for their root, which
// has no bytes of its own.
func (f *Facts) toCopy() (tables int, bytes int64) {
	for _, t := range f.Tables {
		if t.Selected && t.Parent == 0 {
			tables++
		}
		bytes += t.Bytes
	}
	return tables, bytes
}

// slotAhead is E109: the server may have dropped what we did not store. A slot
// without any record of ours is one that somebody else made.
func slotAhead(f *Facts, w *Want) []Finding {
	s, found := f.slot(w.Slot)
	record := w.record()
	if !found || !s.fits(f.Server.Database) || s.Status == "lost" || record.Intent || f.otherSystem(w) {
		return nil
	}
	// A temporary one belongs to a connection that is about to end, and goes with it.
	if s.Confirmed <= record.Confirmed || s.Temporary {
		return nil
	}
	return []Finding{perSetting("E109", `Slot %s stands at %s but this server only stored up to %s: `+
		`it was recreated or advanced by someone else. %s of changes are missing. A resync is required.`,
		quote(s.Name), s.Confirmed, record.Confirmed, size(int64(s.Confirmed-record.Confirmed)))}
}

// record returns the control record, empty where there is none.
func (w *Want) record() Record {
	if w.Record == nil {
		return Record{}
	}
	return *w.Record
}

// begun tells whether the streams have something, so that a slot goes on from there.
func (w *Want) begun() bool { return w.Record != nil && !w.Record.Intent }

// slotMissing is E110.
func slotMissing(f *Facts, w *Want) []Finding {
	record := w.record()
	if _, found := f.slot(w.Slot); found || record.Slot != w.Slot || record.Intent {
		return nil
	}
	return []Finding{perSetting("E110", `Slot %s does not exist any more on system %d. `+
		`Was the database restored, failed over, upgraded, or the slot removed (Neon removes inactive slots after about 40 h)?`,
		quote(w.Slot), f.Server.System)}
}
