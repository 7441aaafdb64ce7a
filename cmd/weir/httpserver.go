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

// What bounds connections of HTTP/2, which many clients of a proxy share.
const (
	// maxMultiplexed bounds the requests at a time on one connection. A proxy puts
	// all its clients on a few connections, and each that reads by SSE holds a place
	// for as long as it stays: with the usual 100, the next one's request would wait
	// until another has left.
	maxMultiplexed = 1000
	// pingAfter is the silence after which the other side is asked for a sign of
	// life, and pingWait how long it may take: readers by SSE send nothing, and a
	// client behind a cable that was cut would otherwise be kept for ever.
	pingAfter = 30 * time.Second
	pingWait  = 15 * time.Second
	// stalledWrite is how long a connection may take no byte at all. A single reader
	// that takes nothing stops itself only, by the flow control of its stream.
	stalledWrite = 30 * time.Second
)

// speakHTTP2 lets srv speak HTTP/2 beside HTTP/1.1: with TLS to clients that ask
// for it in the handshake, without to those that begin with it, as Envoy does.
// There is no upgrade from HTTP/1.1.
func speakHTTP2(srv *http.Server) {
	srv.Protocols = new(http.Protocols)
	srv.Protocols.SetHTTP1(true)
	srv.Protocols.SetHTTP2(true)
	srv.Protocols.SetUnencryptedHTTP2(true)
	srv.HTTP2 = &http.HTTP2Config{
		MaxConcurrentStreams: maxMultiplexed,
		SendPingTimeout:      pingAfter,
		PingTimeout:          pingWait,
		WriteByteTimeout:     stalledWrite,
	}
}

// newHTTPServer returns a server that speaks HTTP/1.1. It sets no timeout for
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
