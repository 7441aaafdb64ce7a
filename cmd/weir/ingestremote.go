package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/client"
	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/earlier"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

// remoteParallel is how many requests of a pipeline to a server are under way at once.
const remoteParallel = 16

// ingestTo runs the pipelines into another server until ctx ends. One that fails is
// logged at once; its error is returned when the others have ended, too.
func ingestTo(ctx context.Context, reach *client.Reach, cfg config.Config, log zerolog.Logger) error {
	httpClient, header, err := reach.Client(remoteParallel * len(cfg.Pipelines))
	if err != nil {
		return err
	}
	to := sink.RemoteOptions{URL: reach.URL(), Client: httpClient, Header: header}
	all, err := remotePipelines(cfg, log)
	if err != nil {
		return err
	}
	errs := make([]error, len(all))
	var running sync.WaitGroup
	for n, o := range all {
		running.Go(func() {
			if errs[n] = ingestOne(ctx, o, to); errs[n] != nil && len(all) > 1 {
				o.Log.Error().Err(errs[n]).Msg("ingestion has stopped until somebody mends this and starts this command again; other pipelines go on")
			}
		})
	}
	running.Wait()
	return errors.Join(errs...)
}

// remotePipelines are the options of all pipelines, without a sink, or what is wrong
// with any of them.
func remotePipelines(cfg config.Config, log zerolog.Logger) ([]ingest.Options, error) {
	var all []ingest.Options
	var errs []error
	for _, s := range cfg.Pipelines {
		cfg.Sync = s
		o, err := ingestOptions(cfg, log.With().Str("pipeline", s.Source.Slot).Logger())
		if err != nil {
			errs = append(errs, ofPipeline(cfg, err))
		}
		// The server keeps what it is sent, in whichever mode it runs.
		o.Temporary, o.Forgetful = s.Source.SlotMode == "temporary", false
		all = append(all, o)
	}
	return all, errors.Join(errs...)
}

// ingestOne runs a pipeline. It keeps no file: how far it has come is stored in the
// other server.
func ingestOne(ctx context.Context, o ingest.Options, to sink.RemoteOptions) error {
	// Its appends end after those of the pipeline, which ends with ctx.
	remote, err := sink.NewRemote(context.WithoutCancel(ctx), o.Source.Pipeline, to)
	if err != nil {
		return fmt.Errorf("pipeline %s: %w", o.Source.Pipeline, err)
	}
	defer remote.Close()
	index := earlier.OpenMemory(remote, &earlier.Options{Log: &o.Log})
	o.Sink, o.Earlier = remote, index
	pipeline, err := ingest.New(o)
	if err == nil {
		err = pipeline.Run(ctx)
	}
	return errors.Join(err, index.Close())
}
