// Package ingest turns what a Postgres database commits into events in streams,
// exactly once and in the order of the commits.
//
// Start with Pipeline. It runs one session after another: a session connects, holds
// what it finds against what it needs (checks), makes sure of publication and slot
// (source), copies what is there already (snapshot), and then streams: a receiver
// fills a buffer, one goroutine turns its messages into appends (assemble), and
// another waits until they are durable, records how far everything is, and lets
// Postgres forget that much. All of it goes through one Sink, which is the server in
// this process or another one.
//
// The order that exactly-once rests on: appends with their positions are durable
// first, then the record, then the confirmation. After a crash between any two of
// them the slot stands at or before the record, and the record at or before every
// stream.
package ingest

import (
	"time"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/monitor"
	"github.com/weirstreams/weir/sync/ingest/sink"
	"github.com/weirstreams/weir/sync/ingest/source"
	"github.com/weirstreams/weir/sync/ingest/watch"
)

// Options are one pipeline: what it reads, and what it makes of it. All of them have
// been checked by whoever sets them; New checks what needs no connection once more
// where it has to parse it anyway.
type Options struct {
	// Source is the database. Its Pipeline is the pipeline's name.
	Source source.Options
	Sink   sink.Sink
	// Earlier finds what streams have said before.
	Earlier assemble.Earlier
	Log     zerolog.Logger

	Slot         string
	Publications []string
	// Manage lets the pipeline create and alter publications that it owns.
	Manage bool
	// Temporary makes the slot end with the connection.
	Temporary bool
	// DropSlot drops the slot at an orderly end; the next start copies everything
	// anew.
	DropSlot bool
	// Forgetful says that the sink ends with the process. A slot that is not
	// temporary then gets a name of the process' own, is dropped at an orderly end,
	// and those that earlier processes have left are dropped at the start.
	Forgetful bool
	// Failover asks for a slot that standbys keep too, where the server can.
	Failover bool
	// Takeover ends an old connection of this pipeline that holds the slot.
	Takeover bool
	// Resync copies everything anew when the slot or its changes are lost;
	// otherwise the pipeline stops.
	Resync bool

	Tables       Tables
	Event        event.Config
	Copy         CopyOptions
	Truncate     assemble.TruncatePolicy
	Extended     bool
	OldValue     bool
	AtomicBytes  int
	MaxRowBytes  int
	MaxNameBytes int
	// MaxNameSegments bounds the segments of the stream names in logical messages; 0:
	// no bound.
	MaxNameSegments int
	// MaxStreams bounds the streams that rows make; 0: no bound.
	MaxStreams int64
	// Toast says where values come from that an update left alone and Postgres does
	// not send.
	Toast assemble.ToastPolicy
	// DeadLetters takes rows that cannot become events to a stream of their own;
	// otherwise the pipeline stops at them.
	DeadLetters bool

	// BufferBytes is how much memory may be taken by what has been received and waits,
	// with what the collector adds.
	BufferBytes    int64
	StatusInterval time.Duration // 0: by the server's wal_sender_timeout
	// Heartbeat is the time between two heartbeats; 0: none.
	Heartbeat              time.Duration
	BackoffMin, BackoffMax time.Duration

	// DDL says what to do when the layout of a table changes; "" is watch.Follow.
	DDL watch.Policy
	// KeepStale leaves streams wrong after changes that no event tells of, until the
	// rows change. Otherwise such a table is copied anew.
	KeepStale bool
	// StopTime bounds the orderly end, however long the sink takes; 0: 10 s.
	StopTime time.Duration
	// WatchEvery is the time between two looks at the tables; 0: 30 s.
	WatchEvery time.Duration

	// Limits say when the log warns of what the slot keeps, and when the slot goes.
	Limits monitor.Limits
	// MonitorEvery is the time between two looks at the slot; 0: 15 s.
	MonitorEvery time.Duration
}

// Tables tells whether a table is ingested.
type Tables interface {
	Match(schema, table string) bool
}
