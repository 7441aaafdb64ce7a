package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/cmd/weir/stall"
	"github.com/weirstreams/weir/cmd/weir/tracing"
	"github.com/weirstreams/weir/limits"
	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
	"github.com/weirstreams/weir/store/backup"
	"github.com/weirstreams/weir/store/filestore"
	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/stream/httpapi"
)

// serve runs the server until ctx ends and everything is drained, or until it
// fails. It calls ready once, with the address it listens on, as soon as
// connections are accepted.
//
// The order of the end is the reverse of the beginning: no more connections,
// live reads end, requests finish, the admin listener closes (so that the draining
// can be watched), the pipelines end, the last traces are sent, the watch of the disk
// and the scrubs end, the engine lets go of its streams, the store makes a last
// checkpoint.
func serve(ctx context.Context, cfg config.Config, log zerolog.Logger, ready func(addr string)) (err error) {
	// Before the store, whose recovery may take long.
	encrypted, err := openEncryption(cfg.TLS, log)
	if err != nil {
		return err
	}
	defer encrypted.close()
	spareProcessors(cfg.Storage.Mode)
	defer keepHeapFloor(cfg.Storage.Mode)()
	st, err := openStore(cfg, log)
	if err != nil {
		return err
	}
	st = stall.Store(st)
	defer func() { err = errors.Join(err, st.Close()) }()
	engine := stream.New(st, &stream.Options{
		PageBytes:      int64(cfg.Server.PageBytes),
		MaxStreamBytes: int64(cfg.Limits.MaxStreamBytes),
		MaxStreams:     cfg.Limits.MaxStreams,
		Log:            &log,
	})
	defer engine.Close()
	scrubs := startScrubs(st, cfg.Storage, log)
	defer scrubs.stop()
	room := watchDisk(cfg.Storage)
	defer room.stop()
	traces, stopTraces := startTraces(cfg, log)
	defer stopTraces()
	changes, err := newIngestion(cfg, engine, log)
	if err != nil {
		return err
	}
	defer changes.stop(ingestionGrace)
	handler := newHandler(engine, []components{room, changes}, traces, cfg, log)
	stopAdmin, err := openAdmin(ctx, cfg, adminParts{
		engine: engine, store: st, public: handler, disk: room, sync: changes,
		more: slices.Concat(scrubs.collectors(), encrypted.collectors(), changes.collectors()),
	}, log)
	if err != nil {
		return err
	}
	defer stopAdmin()

	listener, err := listen(ctx, cfg.Server)
	if err != nil {
		return err
	}
	srv := newHTTPServer(cfg.Limits, traces.Wrap(handler), log)
	speakHTTP2(srv)
	srv.ConnContext = handler.ConnContext
	served := make(chan error, 1)
	go func() { served <- srv.Serve(encrypted.over(handler.Listener(listener))) }()
	ready(listener.Addr().String())
	changes.start()

	select {
	case err := <-served:
		return fmt.Errorf("accept connections: %w", err)
	case <-ctx.Done():
	}
	return drainPublic(cfg.Server, srv, handler, served, log)
}

// openStore opens the tier that the configuration names.
func openStore(cfg config.Config, log zerolog.Logger) (store.Store, error) {
	if !cfg.Storage.Mode.OnDisk() {
		return memstore.New(&memstore.Options{MaxBytes: int64(cfg.Limits.MaxMemoryBytes)}), nil
	}
	if err := os.MkdirAll(cfg.Storage.DataDir, 0o750); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	if err := backup.Unfinished(cfg.Storage.DataDir); err != nil {
		return nil, fmt.Errorf("data directory %s: %w", cfg.Storage.DataDir, err)
	}
	warnUnserved(cfg.Storage, log)
	st, err := openOnDisk(cfg, log)
	if err != nil {
		return nil, fmt.Errorf("data directory %s: %w", cfg.Storage.DataDir, err)
	}
	return st, nil
}

// openOnDisk opens the tier of a mode that keeps streams in the data directory.
func openOnDisk(cfg config.Config, log zerolog.Logger) (store.Store, error) {
	if cfg.Storage.Mode == config.Acid {
		return acidstore.Open(cfg.Storage.DataDir, &acidstore.Options{
			Shards: cfg.Storage.AcidShardCount,
			Log:    &log,
		})
	}
	return filestore.Open(cfg.Storage.DataDir, &filestore.Options{
		Sync:           cfg.Storage.Mode == config.FileDurable,
		MaxMemoryBytes: int64(cfg.Limits.MaxMemoryBytes),
		Log:            &log,
	})
}

func newHandler(engine *stream.Engine, parts []components, traces *tracing.Tracing, cfg config.Config, log zerolog.Logger) *httpapi.Handler {
	return httpapi.New(engine, httpapi.Options{
		BasePath: cfg.HTTP.StreamBasePath,
		Origins:  cfg.HTTP.CORSOrigins,
		Names: limits.Names{
			MaxBytes:    int(cfg.Limits.MaxStreamNameBytes),
			MaxSegments: cfg.Limits.MaxStreamNameSegments,
		},
		MaxAppendBytes: int64(cfg.Limits.MaxAppendBytes),
		Bodies:         limits.NewBudget(int64(max(cfg.Limits.MaxMemoryBytes, 2*cfg.Limits.MaxAppendBytes))),
		Subscribers:    limits.NewGauge(cfg.Limits.MaxSubscribers),
		Requests:       limits.NewRate(int(cfg.Limits.MaxRequestsPerSec), 0),
		Clients:        limits.NewRates(int(cfg.Limits.RatePerSec), int(cfg.Limits.RateBurst), maxClients),
		TrustedProxies: cfg.HTTP.TrustedProxies,
		IdentityHeader: http.CanonicalHeaderKey(cfg.Limits.RateIdentityHeader),

		MaxStreamSubscribers: cfg.Limits.MaxStreamSubscribers,
		LongPoll:             cfg.Server.LongPollTimeout,
		Reconnect:            cfg.Server.SSEReconnectInterval,
		KeepAlive:            cfg.Server.SSEKeepalive,
		Components:           componentsOf(parts),
		Observe:              traces.Observer(),
		Log:                  &log,
	})
}

// components is a part of the server with something to say in /readyz.
type components interface {
	components() map[string]func() httpapi.Component
}

func componentsOf(parts []components) map[string]func() httpapi.Component {
	all := make(map[string]func() httpapi.Component)
	for _, part := range parts {
		maps.Copy(all, part.components())
	}
	return all
}

// maxClients bounds the clients whose rates are remembered: some MiB.
const maxClients = 1 << 17

// listen opens the public listener.
func listen(ctx context.Context, server config.Server) (net.Listener, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", net.JoinHostPort(server.Host, strconv.Itoa(server.Port)))
	if err != nil {
		return nil, fmt.Errorf("open listener: %w", err)
	}
	return listener, nil
}
