package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/stream/httpapi"
)

// drainPublic ends the public server in order. Readiness is false from the
// beginning. For the delay that load balancers need, everything is served as before;
// then live reads begin to end, one after another in at most half of the time there
// is, no more connections are accepted, and requests under way finish. served gets what
// srv.Serve returns.
func drainPublic(cfg config.Server, srv *http.Server, handler *httpapi.Handler, served <-chan error, log zerolog.Logger) error {
	handler.Retire()
	log.Info().Float64("delay_secs", cfg.DrainDelay.Seconds()).
		Float64("timeout_secs", cfg.ShutdownTimeout.Seconds()).Msg("draining")
	select {
	case err := <-served:
		return fmt.Errorf("accept connections: %w", err)
	case <-time.After(cfg.DrainDelay):
	}
	// Not by RegisterOnShutdown, which does not wait: Shutdown has nothing to wait for
	// either when all that is left is connections taken over, and the end of the
	// handler would come before this.
	handler.Drain(cfg.ShutdownTimeout / 2)
	within, cancel := context.WithTimeout(context.Background(), cfg.ShutdownTimeout)
	defer cancel()
	err := drain(within, srv)
	<-served
	return errors.Join(err, handler.Close(within))
}
