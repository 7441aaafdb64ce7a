package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/weirstreams/weir/cmd/weir/client"
)

const ingestHelp = `usage: weir ingest [flags]         bring the changes of the configured database to
                                another server, until SIGTERM or SIGINT
       weir ingest check        connect to the database, change nothing, and list
                                everything that stands in the way

DS_SYNC__* variables say which database and which tables, and DS_SYNC__CONFIG_FILE
names several pipelines. A server ingests by itself when it has them; this is for one
that runs elsewhere. Of several pipelines one that fails leaves the others to go on.

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
	if len(cfg.Pipelines) == 0 {
		return in.misused("DS_SYNC__DATABASE_URL is not set, nor is DS_SYNC__CONFIG_FILE: there is no database to read")
	}
	log, err := newLogger(cfg.Log, instanceOf(cfg.Instance), in.stderr)
	if err != nil {
		return in.finish(err)
	}
	switch {
	case len(args) == 1 && args[0] == "check":
		return in.checkDatabases(ctx, cfg, log)
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
