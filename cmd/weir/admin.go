package main

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/cmd/weir/metrics"
	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/stream/httpapi"
)

// adminParts is what operators look at.
type adminParts struct {
	engine *stream.Engine
	store  store.Store
	public *httpapi.Handler // what clients are served
	disk   *disk
	sync   *ingestion
	more   []prometheus.Collector // metrics of other parts
}

// openAdmin begins to serve operators, if the configuration says where. stop
// ends that, and returns when nothing of it runs any more.
func openAdmin(ctx context.Context, cfg config.Config, o adminParts, log zerolog.Logger) (stop func(), err error) {
	if cfg.Admin.Listen == "" {
		return func() {}, nil
	}
	backups := newBackupHandler(o.store, cfg.Storage.Mode, log)
	handler, err := newAdminHandler(cfg, o, backups, log)
	if err != nil {
		return nil, err
	}
	listener, err := listenAdmin(ctx, cfg.Admin)
	if err != nil {
		return nil, fmt.Errorf("open admin listener: %w", err)
	}
	srv := newHTTPServer(cfg.Limits, handler, log)
	srv.RegisterOnShutdown(backups.end)
	server := startAdmin(listener, srv, log)
	return func() { server.stop(adminGrace) }, nil
}

// newAdminHandler returns what operators are served.
func newAdminHandler(cfg config.Config, o adminParts, backups http.Handler, log zerolog.Logger) (http.Handler, error) {
	registry, err := newRegistry(cfg, o)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", adminIndex)
	mux.Handle("GET /metrics", metrics.Handler(registry, log))
	mux.Handle("GET /streams", &streamsHandler{list: o.engine.List, subscribers: o.public.SubscribersOf, log: log})
	mux.Handle("POST /backup", backups)
	mux.Handle("/sync/", o.sync.handler(log))
	addProfiles(mux)
	return guardAdmin(cfg.Admin.Token, mux, o.public), nil
}

// guardAdmin keeps out who may not see what operators are served. Health may be
// seen by all who reach the listener: what asks for it often has no place for a
// token, and it is public on the other listener.
func guardAdmin(token string, guarded, health http.Handler) http.Handler {
	if token == "" {
		guarded = refuseBrowsers(guarded)
	} else {
		guarded = requireToken(token, guarded)
	}
	mux := http.NewServeMux()
	mux.Handle("/", guarded)
	mux.Handle("GET /healthz", health)
	mux.Handle("GET /readyz", health)
	return mux
}

// newRegistry returns the metrics of all parts.
func newRegistry(cfg config.Config, o adminParts) (*prometheus.Registry, error) {
	info, _ := debug.ReadBuildInfo()
	mode := cfg.Storage.Mode
	parts := append([]prometheus.Collector{
		metrics.NewStore(o.engine, &metrics.Options{Log: mode == config.FileFast || mode == config.FileDurable}),
		metrics.NewEngine(o.engine.Counts),
		metrics.NewHTTP(o.public.Stats),
		metrics.NewReady(o.public.Ready),
		metrics.NewRoom(o.disk.room),
	}, o.more...)
	return metrics.NewRegistry(buildOf(info), instanceOf(cfg.Instance), parts...)
}

// adminIndex says what there is.
func adminIndex(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprint(w, adminPaths)
}

const adminPaths = `weir, for operators

GET  /metrics        for Prometheus
GET  /streams        the streams: ?prefix=, ?after= (a name), ?limit= (at most 1000)
GET  /healthz        whether the server is alive
GET  /readyz         whether it is ready, part by part
GET  /debug/pprof/   profiles for go tool pprof: ?seconds= (at most 60)
POST /backup         a backup as a tar archive, which weir backup asks for
GET  /sync/status    what comes in from Postgres
POST /sync/...       pause, resume, resync, tables, skip-to
`
