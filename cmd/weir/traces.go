package main

import (
	"context"
	"runtime/debug"
	"time"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/cmd/weir/tracing"
)

// tracesGrace bounds how long the end of the server waits for a collector to take
// the last traces.
const tracesGrace = 2 * time.Second

// startTraces begins to send traces, if the environment asks for it, until stop. It
// returns nil, which may be used, for none. A mistake in variables that are not
// this program's alone keeps nobody from being served.
func startTraces(cfg config.Config, log zerolog.Logger) (t *tracing.Tracing, stop func()) {
	info, _ := debug.ReadBuildInfo()
	t, err := tracing.Start(tracing.Options{
		Instance: instanceOf(cfg.Instance),
		Version:  buildOf(info).Version,
		BasePath: cfg.HTTP.StreamBasePath,
		Log:      log,
	})
	switch {
	case err != nil:
		log.Warn().Err(err).Msg("there will be no traces")
	case t != nil:
		log.Info().Msg("sending traces")
	}
	return t, func() {
		ctx, cancel := context.WithTimeout(context.Background(), tracesGrace)
		defer cancel()
		t.Close(ctx)
	}
}
