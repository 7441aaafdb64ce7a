package main

import (
	"context"
	"fmt"
	stdlog "log"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/config"
)

const (
	// headerTimeout bounds how long a client may take to send a request's header.
	headerTimeout = 10 * time.Second
	// idleTimeout bounds how long a connection may rest between requests. It is
	// longer than the minute that proxies commonly keep theirs, so that the proxy
	// closes first and never sends a request into a closing connection.
	idleTimeout = 2 * time.Minute
)

// newHTTPServer returns the server of the public port. It sets no timeout for
// bodies and answers: a live read lasts as long as it likes, so the handler sets
// a deadline for each read and write.
func newHTTPServer(limits config.Limits, handler http.Handler, log zerolog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    int(limits.MaxHeaderBytes),
		// The handler answers OPTIONS * like any other.
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     stdlog.New(serverErrors{log}, "", 0),
	}
}

// drain stops srv in three steps: accept no more connections; run what was given
// to RegisterOnShutdown, which is where long waits are woken; let open requests
// finish. Connections still open when ctx is done are cut, which is an error.
func drain(ctx context.Context, srv *http.Server) error {
	err := srv.Shutdown(ctx)
	if err == nil {
		return nil
	}
	if closeErr := srv.Close(); closeErr != nil {
		return fmt.Errorf("cut connections: %w", closeErr)
	}
	return fmt.Errorf("finish open requests: %w", err)
}

// drainWithin is drain with a time of its own.
func drainWithin(timeout time.Duration, srv *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return drain(ctx, srv)
}
