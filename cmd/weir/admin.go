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
)

// openAdmin begins to serve operators, if the configuration says where. stop
// ends that, and returns when nothing of it runs any more.
func openAdmin(ctx context.Context, cfg config.Config, engine metrics.Engine, st store.Store, log zerolog.Logger, more ...prometheus.Collector) (stop func(), err error) {
	if cfg.Admin.Listen == "" {
		return func() {}, nil
	}
	backups := newBackupHandler(st, cfg.Storage.Mode, log)
	handler, err := newAdminHandler(engine, backups, cfg.Storage.Mode, log, more...)
	if err != nil {
		return nil, err
	}
	listener, err := listenLoopback(ctx, cfg.Admin.Listen)
	if err != nil {
		return nil, fmt.Errorf("open admin listener: %w", err)
	}
	srv := newHTTPServer(cfg.Limits, handler, log)
	srv.RegisterOnShutdown(backups.end)
	server := startAdmin(listener, srv, log)
	return func() { server.stop(adminGrace) }, nil
}

// newAdminHandler returns what operators are served. more are the metrics of other
// parts than the engine.
func newAdminHandler(engine metrics.Engine, backups http.Handler, mode config.Mode, log zerolog.Logger, more ...prometheus.Collector) (http.Handler, error) {
	info, _ := debug.ReadBuildInfo()
	parts := append([]prometheus.Collector{metrics.NewStore(engine, &metrics.Options{
		Log: mode == config.FileFast || mode == config.FileDurable,
	})}, more...)
	registry, err := metrics.NewRegistry(buildOf(info), parts...)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics.Handler(registry, log))
	mux.Handle("POST /backup", backups)
	return refuseBrowsers(mux), nil
}
