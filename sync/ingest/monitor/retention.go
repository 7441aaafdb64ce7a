package monitor

import (
	"fmt"

	"github.com/rs/zerolog"
)

// logRetention says what keeps the database's log, how much of it at most, and what
// ends that. Whoever runs the database and has never heard of us finds it here.
func logRetention(log zerolog.Logger, r Reading) {
	atMost := "without limit (max_slot_wal_keep_size = -1), until the disk is full"
	if r.KeepBytes >= 0 {
		atMost = fmt.Sprintf("about %d MiB (max_slot_wal_keep_size), then the slot is lost", r.KeepBytes>>20)
	}
	log.Info().Str("slot", r.Slot.Name).Stringer("from_lsn", r.Slot.Restart).
		Int64("retained_bytes", r.Slot.RetainedBytes).Str("at_most", atMost).
		Str("ends_by", fmt.Sprintf("this pipeline as it stores what it reads, or SELECT pg_drop_replication_slot('%s') when it is not to run again", r.Slot.Name)).
		Msg("the database keeps its log for this slot until it has been read")
}
