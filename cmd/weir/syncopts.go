package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/monitor"
	"github.com/weirstreams/weir/sync/ingest/pgjson"
	"github.com/weirstreams/weir/sync/ingest/route"
	"github.com/weirstreams/weir/sync/ingest/source"
	"github.com/weirstreams/weir/sync/ingest/watch"
)

// ingestOptions are what the configuration says of the pipeline in cfg.Sync, without a
// sink.
// What the configuration has checked fails here only if a file has.
func ingestOptions(cfg config.Config, log zerolog.Logger) (ingest.Options, error) {
	s := cfg.Sync
	tables, tablesErr := route.ParsePatterns(s.Routes.Tables)
	publications, namesErr := route.ParseNames(s.Source.Publications)
	events, eventsErr := eventConfig(s)
	if err := errors.Join(tablesErr, namesErr, eventsErr, unservedSync(s)); err != nil {
		return ingest.Options{}, err
	}
	o := ingest.Options{
		Source: source.Options{
			URL: s.Source.URL, QueryURL: s.Source.QueryURL, IPFamily: s.Source.IPFamily, Pipeline: s.Source.Slot,
			PasswordFile: s.Source.PasswordFile, PasswordCommand: s.Source.PasswordCommand,
		},
		Log:             log,
		Slot:            s.Source.Slot,
		Publications:    publications,
		Manage:          s.Source.ManagePublication == "auto",
		Temporary:       temporarySlot(cfg),
		DropSlot:        s.Source.DropSlotOnExit,
		Forgetful:       !cfg.Storage.Mode.OnDisk(),
		Failover:        s.Source.SlotFailover != "off",
		Takeover:        s.Source.Takeover == "terminate",
		Resync:          s.Source.SlotLost == "resync",
		DeadLetters:     s.Events.OnBadRow == "dead_letter",
		Tables:          tables,
		Event:           events,
		Truncate:        assemble.TruncatePolicy(s.Events.Truncate),
		Extended:        s.Events.Headers == "extended",
		OldValue:        s.Events.OldValue == "full",
		AtomicBytes:     int(s.Flow.TxAtomicBytes),
		MaxRowBytes:     int(s.Flow.MaxRowBytes),
		MaxNameBytes:    int(cfg.Limits.MaxStreamNameBytes),
		MaxNameSegments: cfg.Limits.MaxStreamNameSegments,
		MaxStreams:      s.Routes.MaxStreams,
		Toast:           assemble.ToastPolicy(s.Events.Toast),
		DDL:             watch.Policy(s.Events.DDL),
		KeepStale:       s.Events.DDLBackfill == "off",

		BufferBytes:    int64(s.Flow.BufferBytes),
		StatusInterval: time.Duration(s.Flow.StatusInterval),
		BackoffMin:     time.Duration(s.Flow.BackoffMin),
		BackoffMax:     time.Duration(s.Flow.BackoffMax),
	}
	o.Copy = ingest.CopyOptions{
		Mode: s.Snapshot.Mode, Workers: s.Snapshot.Workers, ChunkRows: s.Snapshot.ChunkRows,
		ChunkBytes: int(s.Snapshot.ChunkBytes), Rate: s.Snapshot.Rate, MaxDuration: time.Duration(s.Snapshot.MaxDuration),
		MaxWAL: s.Snapshot.MaxWAL.Of,
	}
	o.Limits = monitor.Limits{
		WarnBytes: int64(s.Flow.LagWarnBytes), WarnTime: s.Flow.LagWarn, StopBytes: int64(s.Flow.LagStopBytes),
	}
	if s.Flow.Heartbeat == "message" {
		o.Heartbeat = time.Duration(s.Flow.HeartbeatInterval)
	}
	return o, nil
}

// temporarySlot tells whether the slot ends with its connection: with streams that
// end with the process, nothing could go on from one that stays.
func temporarySlot(cfg config.Config) bool {
	mode := cfg.Sync.Source.SlotMode
	return mode == "temporary" || mode == "auto" && !cfg.Storage.Mode.OnDisk()
}

func eventConfig(s config.Sync) (event.Config, error) {
	stream, streamErr := route.ParseTemplate(s.Routes.StreamTemplate)
	typ, typeErr := route.ParseTypeTemplate(s.Routes.TypeTemplate)
	c := event.Config{Stream: stream, Type: typ, NoKey: route.NoKey(s.Routes.NoKey)}
	encodings := []struct{ name, value string }{
		{"int8", s.Events.Int8}, {"numeric", s.Events.Numeric}, {"bytea", s.Events.Bytea},
		{"json", s.Events.JSON}, {"composite", s.Events.Composite},
	}
	c.Encoding = pgjson.Options{}
	for _, e := range encodings {
		if err := c.Encoding.Set(e.name, e.value); err != nil {
			return c, err
		}
	}
	var routesErr error
	if s.Routes.RoutesFile != "" {
		c.Routes, routesErr = readRoutes(s.Routes.RoutesFile)
	}
	return c, errors.Join(streamErr, typeErr, routesErr)
}

func readRoutes(path string) (route.Routes, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read routes file: %w", err)
	}
	routes, err := route.ParseRoutes(text)
	if err != nil {
		return nil, fmt.Errorf("routes file %s: %w", path, err)
	}
	return routes, nil
}

// unservedSync refuses what the configuration knows and this server does not do yet:
// going on without it would be another pipeline than the one that was asked for.
func unservedSync(s config.Sync) error {
	var errs []error
	for _, c := range []struct {
		name  string
		wrong bool
		want  string
	}{
		{"TX_STREAMING", s.Flow.TxStreaming != "off", "off"},
	} {
		if c.wrong {
			errs = append(errs, fmt.Errorf("DS_SYNC__%s: this server knows only %q yet", c.name, c.want))
		}
	}
	return errors.Join(errs...)
}
