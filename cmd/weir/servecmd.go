package main

import (
	"context"
	"fmt"

	"github.com/weirstreams/weir/cmd/weir/config"
)

// serveCommand runs the server until ctx ends.
func serveCommand(ctx context.Context, in invocation) int {
	cfg, warnings, ok := in.load()
	if !ok {
		return exitUsage
	}
	log, err := newLogger(cfg.Log, instanceOf(cfg.Instance), in.stderr)
	if err != nil {
		return in.finish(err)
	}
	for _, w := range warnings {
		log.Warn().Str("detail", w).Msg("configuration")
	}

	ready := func(addr string) { fmt.Fprintln(in.stdout, banner(cfg, addr)) }
	if err := serve(ctx, cfg, log, ready); err != nil {
		log.Error().Err(err).Msg("serve")
		return exitFailed
	}
	return exitOK
}

// banner is the line that says where the streams are, which tier keeps them and
// what an acknowledgement means there.
func banner(cfg config.Config, addr string) string {
	return fmt.Sprintf("weir: serving %s://%s%s/ from %s: %s",
		scheme(cfg.TLS), addr, cfg.HTTP.StreamBasePath, cfg.Storage.Mode, cfg.Storage.Mode.Promise())
}
