package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/earlier"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

// pipeline is one that writes to the streams of this process, with what is open for it.
type pipeline struct {
	*ingest.Pipeline
	name  string
	sink  *sink.Local
	index *earlier.Index
	log   zerolog.Logger
}

// newPipeline makes the pipeline that cfg.Sync describes.
func newPipeline(cfg config.Config, engine *stream.Engine, log zerolog.Logger) (*pipeline, error) {
	name := cfg.Sync.Source.Slot
	log = log.With().Str("pipeline", name).Logger()
	o, err := ingestOptions(cfg, log)
	if err != nil {
		return nil, ofPipeline(cfg, err)
	}
	local := sink.NewLocal(engine, name)
	o.Sink = local
	index, err := openEarlier(cfg, local, log)
	if err != nil {
		local.Close()
		return nil, ofPipeline(cfg, err)
	}
	o.Earlier = index
	made, err := ingest.New(o)
	if err != nil {
		local.Close()
		return nil, errors.Join(err, index.Close())
	}
	return &pipeline{Pipeline: made, name: name, sink: local, index: index, log: log}, nil
}

// ofPipeline says in which pipeline something went wrong.
func ofPipeline(cfg config.Config, err error) error {
	return fmt.Errorf("pipeline %s: %w", cfg.Sync.Source.Slot, err)
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

// close closes what is open for the pipeline, which does not run.
func (p *pipeline) close() {
	if err := p.index.Close(); err != nil {
		p.log.Warn().Err(err).Msg("the index of earlier events was not closed; it will be made again")
	}
	p.sink.Close()
}
