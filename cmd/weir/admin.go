package main

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/cmd/weir/metrics"
)

// openAdmin begins to serve operators, if the configuration says where. stop
// ends that, and returns when nothing of it runs any more.
func openAdmin(ctx context.Context, cfg config.Config, engine metrics.Engine, log zerolog.Logger) (stop func(), err error) {
	if cfg.Admin.Listen == "" {
		return func() {}, nil
	}
	handler, err := newAdminHandler(engine, cfg.Storage.Mode, log)
	if err != nil {
		return nil, err
	}
	listener, err := listenLoopback(ctx, cfg.Admin.Listen)
	if err != nil {
		return nil, fmt.Errorf("open admin listener: %w", err)
	}
	server := startAdmin(listener, newHTTPServer(cfg.Limits, handler, log), log)
	return func() { server.stop(adminGrace) }, nil
}

// newAdminHandler returns what operators are served.
func newAdminHandler(engine metrics.Engine, mode config.Mode, log zerolog.Logger) (http.Handler, error) {
	info, _ := debug.ReadBuildInfo()
	registry, err := metrics.NewRegistry(buildOf(info), metrics.NewStore(engine, &metrics.Options{
		Log: mode == config.FileFast || mode == config.FileDurable,
	}))
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics.Handler(registry, log))
	return mux, nil
}
