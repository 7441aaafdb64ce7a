package config

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/weirstreams/weir/sync/ingest/route"
)

// syncPrefix begins the names of the section Sync.
const syncPrefix = prefix + "SYNC__"

const (
	databaseURL    = syncPrefix + "DATABASE_URL"
	syncSlot       = syncPrefix + "SLOT"
	syncTables     = syncPrefix + "TABLES"
	streamTemplate = syncPrefix + "STREAM_TEMPLATE"
)

// syncContradictions lists what is wrong within the section Sync, and between it
// and the limits. Zero Problems among them are none. Beside a file the section is no
// pipeline, and what is missing there the file may have.
func syncContradictions(cfg Config) []Problem {
	if cfg.SyncFile.Path != "" {
		return nil
	}
	return append([]Problem{databaseMissing(cfg)}, pipelineContradictions(cfg)...)
}

// pipelineContradictions is syncContradictions of one pipeline that has a database.
func pipelineContradictions(cfg Config) []Problem {
	s := cfg.Sync
	return []Problem{
		tablesMissing(s), twoPasswords(s.Source), temporaryFailover(s.Source),
		runaway(s.Routes), templateTooDeep(s, cfg.Limits),
		rowTooLarge(s.Flow), backoffBackwards(s.Flow), stopBeforeWarning(s.Flow),
	}
}

// noDatabase is the problem of a pipeline that comes from nowhere, or the zero Problem.
func noDatabase(s Sync) Problem {
	if s.Enabled() {
		return Problem{}
	}
	return Problem{Names: []string{databaseURL}, Text: databaseURL + " is missing: want the database whose changes come in"}
}

// databaseMissing is the problem of a section that is set up without a database,
// or the zero Problem. What is set to its default does not count, so that a
// printed configuration can be loaded.
func databaseMissing(cfg Config) Problem {
	if cfg.Sync.Enabled() {
		return Problem{}
	}
	var initial Config
	// Without values nothing can fail to parse.
	if _, err := fill(reflect.ValueOf(&initial).Elem(), map[string]string{}); err != nil || cfg.Sync == initial.Sync {
		return Problem{}
	}
	var names []string
	got, unset := reflect.ValueOf(cfg), reflect.ValueOf(initial)
	for _, v := range tableOf(got.Type()) {
		if strings.HasPrefix(v.name, syncPrefix) && !got.FieldByIndex(v.index).Equal(unset.FieldByIndex(v.index)) {
			names = append(names, v.name)
		}
	}
	return Problem{
		Names: append(names, databaseURL),
		Text:  fmt.Sprintf("%s without %s: want the database whose changes come in, or none of them", strings.Join(names, ", "), databaseURL),
	}
}

// tablesMissing is the problem of a database of which nothing is wanted, or the
// zero Problem.
func tablesMissing(s Sync) Problem {
	if !s.Enabled() || s.Routes.Tables != "" {
		return Problem{}
	}
	return Problem{
		Names: []string{databaseURL, syncTables},
		Text:  fmt.Sprintf("%s without %s: want the tables whose changes come in, such as public.*", databaseURL, syncTables),
	}
}

// twoPasswords is the problem of two sources of one password, or the zero Problem.
func twoPasswords(s SyncSource) Problem {
	if s.PasswordFile == "" || s.PasswordCommand == "" {
		return Problem{}
	}
	const file, command = syncPrefix + "DATABASE_PASSWORD_FILE", syncPrefix + "DATABASE_PASSWORD_COMMAND"
	return Problem{
		Names: []string{file, command},
		Text:  fmt.Sprintf("%s with %s: there is one password, want one of them", file, command),
	}
}

// temporaryFailover is the problem of a slot that Postgres refuses to make, or the
// zero Problem.
func temporaryFailover(s SyncSource) Problem {
	if s.SlotMode != "temporary" || s.SlotFailover != "on" {
		return Problem{}
	}
	const mode, failover = syncPrefix + "SLOT_MODE", syncPrefix + "SLOT_FAILOVER"
	return Problem{
		Names: []string{mode, failover},
		Text:  fmt.Sprintf("%s=temporary with %s=on: standbys keep persistent slots only, want one or the other", mode, failover),
	}
}

// runaway is the problem of rows that may open any number of streams, or the zero
// Problem.
func runaway(r SyncRoutes) Problem {
	template, err := route.ParseTemplate(r.StreamTemplate)
	if err != nil || !template.PerRow() || r.MaxStreams > 0 {
		return Problem{}
	}
	const most = syncPrefix + "MAX_STREAMS"
	return Problem{
		Names: []string{streamTemplate, most},
		Text:  fmt.Sprintf("%s=%s with %s=0: every row may open a stream, want a limit", streamTemplate, quote(r.StreamTemplate), most),
	}
}

// templateTooDeep is the problem of a template whose names are all refused, or the
// zero Problem.
func templateTooDeep(s Sync, l Limits) Problem {
	r := s.Routes
	template, err := route.ParseTemplate(r.StreamTemplate)
	if !s.Enabled() || err != nil || template.Segments() <= l.MaxStreamNameSegments {
		return Problem{}
	}
	const segments = prefix + "LIMITS__MAX_STREAM_NAME_SEGMENTS"
	return Problem{
		Names: []string{streamTemplate, segments},
		Text: fmt.Sprintf("%s=%s with %s=%d: its names have %d segments, want as many allowed",
			streamTemplate, quote(r.StreamTemplate), segments, l.MaxStreamNameSegments, template.Segments()),
	}
}

// rowTooLarge is the problem of rows that have no room on their way, or the zero
// Problem.
func rowTooLarge(f SyncFlow) Problem {
	if f.MaxRowBytes <= f.BufferBytes {
		return Problem{}
	}
	const row, buffer = syncPrefix + "MAX_ROW_BYTES", syncPrefix + "BUFFER_BYTES"
	return Problem{
		Names: []string{row, buffer},
		Text:  fmt.Sprintf("%s=%s with %s=%s: a row waits in the buffer, want the first at most the second", row, f.MaxRowBytes, buffer, f.BufferBytes),
	}
}

// backoffBackwards is the problem of a shortest pause above the longest, or the
// zero Problem.
func backoffBackwards(f SyncFlow) Problem {
	if f.BackoffMin <= f.BackoffMax {
		return Problem{}
	}
	const least, most = syncPrefix + "BACKOFF_MIN", syncPrefix + "BACKOFF_MAX"
	return Problem{
		Names: []string{least, most},
		Text:  fmt.Sprintf("%s=%s with %s=%s: want the first at most the second", least, f.BackoffMin, most, f.BackoffMax),
	}
}

// stopBeforeWarning is the problem of a slot that is dropped without a warning
// before it, or the zero Problem.
func stopBeforeWarning(f SyncFlow) Problem {
	if f.LagStopBytes == 0 || f.LagWarnBytes > 0 && f.LagWarnBytes < f.LagStopBytes {
		return Problem{}
	}
	const warn, stop = syncPrefix + "LAG_WARN_BYTES", syncPrefix + "LAG_STOP_BYTES"
	return Problem{
		Names: []string{warn, stop},
		Text:  fmt.Sprintf("%s=%s with %s=%s: the slot would be dropped before the log warns, want the first below the second", warn, f.LagWarnBytes, stop, f.LagStopBytes),
	}
}
