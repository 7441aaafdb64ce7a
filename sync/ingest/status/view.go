package status

import (
	"time"

	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/monitor"
	"github.com/weirstreams/weir/sync/ingest/watch"
)

// view is a pipeline in JSON. LSNs are in the form of Postgres, times in RFC 3339, and
// sizes in bytes.
type view struct {
	Pipeline string       `json:"pipeline"`
	State    ingest.State `json:"state"`
	Since    string       `json:"since,omitempty"`

	Received  lsn.LSN `json:"received_lsn"`
	Handled   lsn.LSN `json:"handled_lsn"`
	Confirmed lsn.LSN `json:"confirmed_lsn"`
	ServerEnd lsn.LSN `json:"server_lsn"`

	LagBytes   int64   `json:"lag_bytes"`
	LagSeconds float64 `json:"lag_seconds"`
	Heartbeat  string  `json:"last_heartbeat,omitempty"`
	RingBytes  int64   `json:"ring_bytes"`
	BytesIn    int64   `json:"received_bytes"`

	Error      *failure         `json:"last_error,omitempty"`
	Findings   []ingest.Finding `json:"findings,omitempty"`
	Reconnects map[string]int64 `json:"reconnects"`
	Counts     countsView       `json:"counts"`
	Tables     []string         `json:"tables"`
	Copies     []ingest.Copy    `json:"copies"`
	Changes    []watch.Change   `json:"changes"` // to the tables themselves
	Slot       slotView         `json:"slot"`
	// Others are other slots of the server that nobody reads.
	Others []monitor.Other `json:"inactive_slots"`
}

type failure struct {
	Code string `json:"code,omitempty"`
	Text string `json:"text"`
}

// countsView are totals since the start of the server.
type countsView struct {
	Inserts      int64 `json:"inserts"`
	Updates      int64 `json:"updates"`
	Deletes      int64 `json:"deletes"`
	Truncates    int64 `json:"truncates"`
	Messages     int64 `json:"messages"`
	Transactions int64 `json:"transactions"`
	Duplicates   int64 `json:"dropped_duplicates"`
	Merged       int64 `json:"toast_merged"`
	LargeKeys    int64 `json:"large_keys"`
	Ignored      int64 `json:"ignored"`
}

// slotView is the slot as the server described it at Read. Without Exists there was no
// such slot then, and without Read nobody has looked yet.
type slotView struct {
	Name            string        `json:"name"`
	Read            string        `json:"read_at,omitempty"`
	Exists          bool          `json:"exists"`
	Plugin          string        `json:"plugin,omitempty"`
	Database        string        `json:"database,omitempty"`
	Temporary       bool          `json:"temporary,omitempty"`
	Failover        bool          `json:"failover,omitempty"`
	Active          bool          `json:"active"`
	ActivePID       uint32        `json:"active_pid,omitempty"`
	InactiveSeconds float64       `json:"inactive_seconds"`
	Restart         lsn.LSN       `json:"restart_lsn"`
	Confirmed       lsn.LSN       `json:"confirmed_flush_lsn"`
	WALStatus       string        `json:"wal_status,omitempty"`
	Invalidation    string        `json:"invalidation_reason,omitempty"`
	Retained        int64         `json:"retained_bytes"`
	Safe            *int64        `json:"safe_bytes"` // null: no limit
	XminAge         int64         `json:"catalog_xmin_age"`
	Spill           monitor.Spill `json:"spill"`
}

func viewOf(s ingest.Status) view {
	v := view{
		Pipeline: s.Pipeline, State: s.State, Since: text(s.Since),
		Received: s.Received, Handled: s.Handled, Confirmed: s.Confirmed,
		LagBytes: s.Behind(), LagSeconds: s.Lag.Seconds(), Heartbeat: text(s.Beat),
		RingBytes: s.Ring, BytesIn: s.ReceivedBytes,
		Findings: s.Findings, Reconnects: s.Reconnects, Counts: countsOf(s.Counts),
		Tables: list(s.Tables), Copies: list(s.Copies), Changes: list(s.Changes), Slot: slotOf(s), Others: []monitor.Other{},
	}
	if s.LastError != "" {
		v.Error = &failure{Code: s.LastCode, Text: s.LastError}
	}
	if s.Server != nil {
		v.ServerEnd, v.Others = s.Server.End, list(s.Server.Others)
	}
	return v
}

func countsOf(c assemble.Counts) countsView {
	return countsView{
		Inserts: c.Inserts, Updates: c.Updates, Deletes: c.Deletes, Truncates: c.Truncates, Messages: c.Messages,
		Transactions: c.Transactions, Duplicates: c.Duplicates, Merged: c.Merged, LargeKeys: c.LargeKeys, Ignored: c.Ignored,
	}
}

func slotOf(s ingest.Status) slotView {
	v := slotView{Name: s.Slot}
	if s.Server == nil {
		return v
	}
	v.Read = text(s.Server.At)
	v.InactiveSeconds, v.XminAge, v.Spill = s.Server.Inactive.Seconds(), s.Server.XminAge, s.Server.Spill
	row := s.Row
	if row == nil {
		return v
	}
	v.Exists, v.Plugin, v.Database, v.Temporary, v.Failover = true, row.Plugin, row.Database, row.Temporary, row.Failover
	v.Active, v.ActivePID, v.Restart, v.Confirmed = row.Active, row.ActivePID, row.Restart, row.ConfirmedFlush
	v.WALStatus, v.Invalidation, v.Retained, v.Safe = row.WALStatus, row.InvalidationReason, row.RetainedBytes, row.SafeBytes
	return v
}

// list is never null in JSON.
func list[T any](of []T) []T { return append([]T{}, of...) }

// text is a time, or "" for never.
func text(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
