package main

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/cmd/weir/metrics"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/stream/httpapi"
	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/status"
)

// ingestion is the pipelines in this process, if there are any. They begin and end
// together, and have nothing else in common.
type ingestion struct {
	pipelines []*pipeline
	log       zerolog.Logger
	cancel    context.CancelFunc // nil before the start
	running   sync.WaitGroup
}

// newIngestion makes the pipelines that the configuration asks for. Its error lists
// what is wrong with all of them.
func newIngestion(cfg config.Config, engine *stream.Engine, log zerolog.Logger) (*ingestion, error) {
	i := &ingestion{log: log}
	var errs []error
	for _, s := range cfg.Pipelines {
		cfg.Sync = s
		p, err := newPipeline(cfg, engine, log)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		i.pipelines = append(i.pipelines, p)
	}
	if errs != nil {
		i.close()
		return nil, errors.Join(errs...)
	}
	return i, nil
}

// start begins to read the databases. A pipeline that cannot go on says so in the log
// and in its status, and the server and the others go on without it: its streams can
// be read.
func (i *ingestion) start() {
	ctx, cancel := context.WithCancel(context.Background())
	i.cancel = cancel
	for _, p := range i.pipelines {
		i.running.Go(func() { p.Serve(ctx) })
	}
}

// handler serves operators the status and takes their orders.
func (i *ingestion) handler(log zerolog.Logger) http.Handler {
	all := make([]status.Pipeline, len(i.pipelines))
	for n, p := range i.pipelines {
		all[n] = p
	}
	return status.Handler(all, log)
}

// collectors are the metrics of the pipelines.
func (i *ingestion) collectors() []prometheus.Collector {
	return []prometheus.Collector{metrics.NewSync(func() []ingest.Status {
		all := make([]ingest.Status, len(i.pipelines))
		for n, p := range i.pipelines {
			all[n] = p.Status()
		}
		return all
	})}
}

// components are what /readyz says of the pipelines.
func (i *ingestion) components() map[string]func() httpapi.Component {
	if len(i.pipelines) == 0 {
		return nil
	}
	return map[string]func() httpapi.Component{"ingestion": i.component}
}

// component is always ready: whatever a pipeline meets, its streams can be read, and no
// other server could do better.
func (i *ingestion) component() httpapi.Component {
	all := make(map[string]httpapi.Pipeline, len(i.pipelines))
	for _, p := range i.pipelines {
		state, code := p.State()
		all[p.name] = httpapi.Pipeline{State: string(state), Code: code}
	}
	return httpapi.Component{Status: httpapi.StatusReady, Pipelines: all}
}

// ingestionGrace bounds how long the end of the server waits for the pipelines. Each
// needs little more than the ten seconds that it gives Postgres, unless the storage
// does not answer.
const ingestionGrace = 30 * time.Second

// stop ends the pipelines in order, all at the same time, and waits for them, as long as
// grace. What is not over by then is left to end with the process, as in a crash: what
// it has not stored Postgres sends again.
func (i *ingestion) stop(grace time.Duration) {
	if i.cancel != nil {
		i.cancel()
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		i.running.Wait()
	}()
	select {
	case <-ended:
		i.close()
	case <-time.After(grace):
		i.log.Error().Float64("waited_secs", grace.Seconds()).Msg("ingestion has not ended; the server goes on without waiting for it")
	}
}

// close closes pipelines that do not run.
func (i *ingestion) close() {
	for _, p := range i.pipelines {
		p.close()
	}
}
