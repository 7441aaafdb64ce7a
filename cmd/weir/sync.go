package main

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/cmd/weir/metrics"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/earlier"
	"github.com/weirstreams/weir/sync/ingest/sink"
	"github.com/weirstreams/weir/sync/ingest/status"
)

// ingestion is the pipeline in this process, if there is one.
type ingestion struct {
	pipeline *ingest.Pipeline // nil: none
	sink     *sink.Local
	index    *earlier.Index
	log      zerolog.Logger
	cancel   context.CancelFunc
	done     sync.WaitGroup
}

// newIngestion makes the pipeline that the configuration asks for.
func newIngestion(cfg config.Config, engine *stream.Engine, log zerolog.Logger) (*ingestion, error) {
	if !cfg.Sync.Enabled() {
		return &ingestion{}, nil
	}
	log = log.With().Str("pipeline", cfg.Sync.Source.Slot).Logger()
	o, err := ingestOptions(cfg, log)
	if err != nil {
		return nil, err
	}
	local := sink.NewLocal(engine, cfg.Sync.Source.Slot)
	o.Sink = local
	index, err := openEarlier(cfg, local, log)
	if err != nil {
		local.Close()
		return nil, err
	}
	o.Earlier = index
	pipeline, err := ingest.New(o)
	if err != nil {
		local.Close()
		return nil, errors.Join(err, index.Close())
	}
	return &ingestion{pipeline: pipeline, sink: local, index: index, log: log}, nil
}

// openEarlier opens what finds the last events of keys. It can be made again from the
// streams, so it is where they are and no part of them.
func openEarlier(cfg config.Config, from *sink.Local, log zerolog.Logger) (*earlier.Index, error) {
	o := &earlier.Options{Log: &log}
	if !cfg.Storage.Mode.OnDisk() {
		return earlier.OpenMemory(from, o), nil
	}
	return earlier.Open(filepath.Join(cfg.Storage.DataDir, "sync", cfg.Sync.Source.Slot), from, o)
}

// start begins to read the database. A pipeline that cannot go on says so in the log
// and in its status, and the server goes on without it: its streams can be read.
func (i *ingestion) start() {
	if i.pipeline == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	i.cancel = cancel
	i.done.Go(func() { i.pipeline.Serve(ctx) })
}

// handler serves operators the status and takes their orders.
func (i *ingestion) handler(log zerolog.Logger) http.Handler {
	var all []status.Pipeline
	if i.pipeline != nil {
		all = append(all, i.pipeline)
	}
	return status.Handler(all, log)
}

// collectors are the metrics of the pipeline.
func (i *ingestion) collectors() []prometheus.Collector {
	return []prometheus.Collector{metrics.NewSync(func() []ingest.Status {
		if i.pipeline == nil {
			return nil
		}
		return []ingest.Status{i.pipeline.Status()}
	})}
}

// stop ends the pipeline in order and waits for it.
func (i *ingestion) stop() {
	if i.pipeline == nil {
		return
	}
	if i.cancel != nil {
		i.cancel()
	}
	i.done.Wait()
	if err := i.index.Close(); err != nil {
		i.log.Warn().Err(err).Msg("the index of earlier events was not closed; it will be made again")
	}
	i.sink.Close()
}
