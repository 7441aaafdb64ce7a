package monitor

import (
	"time"

	"github.com/rs/zerolog"
)

// judge holds readings against the limits. It says what changes, not what stays: a log
// that repeats itself every 15 s is not read.
type judge struct {
	log    zerolog.Logger
	limits Limits

	unreachable, manyBytes, late bool
	status                       string // wal_status last seen, "" before the first
}

// turned tells whether a condition has changed, and notes it.
func turned(was *bool, is bool) bool {
	changed := *was != is
	*was = is
	return changed
}

// reached notes whether the slot could be read.
func (j *judge) reached(err error) {
	switch failed := err != nil; {
	case !turned(&j.unreachable, failed):
	case failed:
		j.log.Warn().Err(err).Msg("cannot look at the slot; the database may keep its log for it all the same")
	default:
		j.log.Info().Msg("the slot can be looked at again")
	}
}

// look says what has changed, and tells whether the slot has to go.
func (j *judge) look(r Reading, lag time.Duration) (stop bool) {
	j.time(lag)
	if r.Slot == nil {
		j.status = ""
		return false
	}
	j.bytes(r)
	j.reserved(r)
	// A lost slot keeps nothing any more.
	return j.limits.StopBytes > 0 && r.Slot.RetainedBytes >= j.limits.StopBytes && r.Slot.WALStatus != "lost"
}

func (j *judge) time(lag time.Duration) {
	limit := j.limits.WarnTime
	switch late := limit > 0 && lag >= limit; {
	case !turned(&j.late, late):
	case late:
		j.log.Warn().Stringer("lag", lag.Round(time.Millisecond)).Stringer("limit", limit).Msg("the streams are late")
	default:
		j.log.Info().Stringer("lag", lag.Round(time.Millisecond)).Msg("the streams are in time again")
	}
}

func (j *judge) bytes(r Reading) {
	limit, kept := j.limits.WarnBytes, r.Slot.RetainedBytes
	switch many := limit > 0 && kept >= limit; {
	case !turned(&j.manyBytes, many):
	case many:
		j.log.Warn().Int64("retained_bytes", kept).Int64("limit_bytes", limit).Bool("active", r.Slot.Active).
			Msg("the slot makes the database keep much of its log")
	default:
		j.log.Info().Int64("retained_bytes", kept).Msg("the slot keeps less of the database's log again")
	}
}

// reserved follows the slot towards its loss and back.
func (j *judge) reserved(r Reading) {
	was, is := j.status, r.Slot.WALStatus
	j.status = is
	if was == is {
		return
	}
	switch is {
	case "unreserved":
		j.serious(r).Msg("the slot is about to be lost: the database removes what it needs at the next checkpoint; catch up now, or raise max_slot_wal_keep_size")
	case "lost":
		j.serious(r).Str("reason", r.Slot.InvalidationReason).
			Msg("the slot is lost: changes are gone, and a resync is needed")
	default:
		if was == "unreserved" || was == "lost" {
			j.log.Info().Str("wal_status", is).Msg("the slot is safe again")
		}
	}
}

func (j *judge) serious(r Reading) *zerolog.Event {
	e := j.log.Error().Str("slot", r.Slot.Name).Str("wal_status", r.Slot.WALStatus).
		Int64("retained_bytes", r.Slot.RetainedBytes).Stringer("end_lsn", r.End)
	if r.Slot.SafeBytes != nil {
		e = e.Int64("safe_bytes", *r.Slot.SafeBytes)
	}
	return e
}
