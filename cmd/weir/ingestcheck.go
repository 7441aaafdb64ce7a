package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/checks"
)

// checkTime bounds the look at the databases.
const checkTime = time.Minute

// checkDatabases prints what stands in the way of the configured pipelines, and fails
// if something does. It looks at all databases at the same time.
func (in invocation) checkDatabases(ctx context.Context, cfg config.Config, log zerolog.Logger) int {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	looks := make([]look, len(cfg.Pipelines))
	var running sync.WaitGroup
	for n, s := range cfg.Pipelines {
		one := cfg
		one.Sync = s
		running.Go(func() { looks[n] = lookAt(ctx, one, log) })
	}
	running.Wait()
	status := exitOK
	for _, l := range looks {
		if cfg.SyncFile.Path == "" {
			l.name = ""
		}
		status = max(status, l.print(in))
	}
	if status == exitOK {
		_, err := fmt.Fprintln(in.stdout, "weir: nothing stands in the way of ingestion")
		return in.finish(err)
	}
	return status
}

// look is what a look at a pipeline's database has come to.
type look struct {
	name  string // of the pipeline; "" if there is nothing to tell it from
	found []checks.Finding
	err   error // there was no look
}

func lookAt(ctx context.Context, cfg config.Config, log zerolog.Logger) look {
	l := look{name: cfg.Sync.Source.Slot}
	o, err := ingestOptions(cfg, log.With().Str("pipeline", l.name).Logger())
	if err != nil {
		l.err = ofPipeline(cfg, err)
		return l
	}
	pipeline, err := ingest.New(o)
	if err != nil {
		l.err = err
		return l
	}
	if l.found, err = pipeline.Check(ctx); err != nil {
		l.err = ofPipeline(cfg, err)
	}
	return l
}

// print prints a line for each finding, and returns the exit status that they deserve.
func (l look) print(in invocation) int {
	if l.err != nil {
		return in.finish(l.err)
	}
	status, name := exitOK, ""
	if l.name != "" {
		name = l.name + ": "
	}
	for _, f := range l.found {
		if f.Then != checks.Warn && f.Then != checks.Wait {
			status = exitFailed
		}
		if _, err := fmt.Fprintf(in.stdout, "%s%s %s\n", name, f.Code, f.Text); err != nil {
			return in.finish(err)
		}
	}
	return status
}
