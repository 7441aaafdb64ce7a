package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/client"
	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/checks"
	"github.com/weirstreams/weir/sync/ingest/earlier"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

const ingestHelp = `usage: weir ingest [flags]         bring the changes of the configured database to
                                another server, until SIGTERM or SIGINT
       weir ingest check        connect to the database, change nothing, and list
                                everything that stands in the way

DS_SYNC__* variables say which database and which tables. A server ingests by
itself when it has them; this is for one that runs elsewhere.

flags:
`

// ingestCommand runs the ingestion from Postgres outside of a server, or looks at what
// it would meet.
func ingestCommand(ctx context.Context, in invocation) int {
	reach := client.NewReach("ingest")
	args, err := reach.Parse(in.args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return in.finish(writeIngestHelp(in.stdout, reach))
	case err != nil:
		return in.misused("ingest: %v", err)
	}
	cfg, warnings, ok := in.load()
	if !ok {
		return exitUsage
	}
	in.warn(warnings)
	if !cfg.Sync.Enabled() {
		return in.misused("DS_SYNC__DATABASE_URL is not set: there is no database to read")
	}
	log, err := newLogger(cfg.Log, instanceOf(cfg.Instance), in.stderr)
	if err != nil {
		return in.finish(err)
	}
	switch {
	case len(args) == 1 && args[0] == "check":
		return checkDatabase(ctx, in, cfg, log)
	case len(args) > 0:
		return in.misused("ingest: got the argument %q, want check or none", args[0])
	case reach.URL() == "":
		return in.misused("ingest: want the server to write to, in --url; a server that has DS_SYNC__DATABASE_URL itself ingests without this command")
	default:
		return in.finish(ingestTo(ctx, reach, cfg, log))
	}
}

func writeIngestHelp(w io.Writer, reach *client.Reach) error {
	var b strings.Builder
	b.WriteString(ingestHelp)
	for _, f := range reach.Flags() {
		fmt.Fprintf(&b, "  %s\n      %s\n", strings.TrimSpace("--"+f.Name+" "+f.Value), f.Help)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// misused says what is wrong with the command line.
func (in invocation) misused(format string, args ...any) int {
	fmt.Fprintf(in.stderr, "weir: "+format+"\n", args...)
	return exitUsage
}

// remoteParallel is how many requests to a server are under way at once.
const remoteParallel = 16

// ingestTo runs the pipeline into another server until ctx ends. It keeps no file:
// how far it has come is stored there.
func ingestTo(ctx context.Context, reach *client.Reach, cfg config.Config, log zerolog.Logger) error {
	o, err := ingestOptions(cfg, log)
	if err != nil {
		return err
	}
	httpClient, header, err := reach.Client(remoteParallel)
	if err != nil {
		return err
	}
	// Its appends end after those of the pipeline, which ends with ctx.
	remote, err := sink.NewRemote(context.WithoutCancel(ctx), cfg.Sync.Source.Slot, sink.RemoteOptions{
		URL: reach.URL(), Client: httpClient, Header: header,
	})
	if err != nil {
		return err
	}
	defer remote.Close()
	index := earlier.OpenMemory(remote, &earlier.Options{Log: &log})
	o.Sink, o.Earlier = remote, index
	// The server keeps what it is sent, in whichever mode it runs.
	o.Temporary = cfg.Sync.Source.SlotMode == "temporary"
	pipeline, err := ingest.New(o)
	if err == nil {
		err = pipeline.Run(ctx)
	}
	return errors.Join(err, index.Close())
}

// checkTime bounds the look at the database.
const checkTime = time.Minute

// checkDatabase prints what stands in the way of the configured pipeline, and fails
// if something does.
func checkDatabase(ctx context.Context, in invocation, cfg config.Config, log zerolog.Logger) int {
	o, err := ingestOptions(cfg, log)
	if err != nil {
		return in.finish(err)
	}
	pipeline, err := ingest.New(o)
	if err != nil {
		return in.finish(err)
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	found, err := pipeline.Check(ctx)
	if err != nil {
		return in.finish(err)
	}
	status := exitOK
	for _, f := range found {
		if f.Then != checks.Warn && f.Then != checks.Wait {
			status = exitFailed
		}
		if _, err := fmt.Fprintf(in.stdout, "%s %s\n", f.Code, f.Text); err != nil {
			return in.finish(err)
		}
	}
	if status == exitOK {
		_, err = fmt.Fprintln(in.stdout, "weir: nothing stands in the way of ingestion")
		return in.finish(err)
	}
	return status
}
