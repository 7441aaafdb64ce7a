package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/config"
)

const (
	// adminTimeout bounds how long one request to the admin listener may take to
	// arrive, and its answer to leave. Both are small.
	adminTimeout = 10 * time.Second
	// adminGrace bounds how long the end of the server waits for such answers.
	adminGrace = time.Second
)

// adminServer is a server that has ended, with all its handlers, when stop
// returns: what they read may go away then. Handlers must not hijack.
type adminServer struct {
	srv    *http.Server
	log    zerolog.Logger
	served chan struct{}  // closed when no more connections are accepted
	conns  sync.WaitGroup // the connections that are open
}

// startAdmin serves the connections of listener until stop, and logs where that
// is. A failure later on is logged too, and ends nothing else: the streams are
// well without.
func startAdmin(listener net.Listener, srv *http.Server, log zerolog.Logger) *adminServer {
	a := &adminServer{srv: srv, log: log, served: make(chan struct{})}
	srv.ReadTimeout = adminTimeout
	srv.WriteTimeout = adminTimeout
	srv.ConnState = a.count
	go func() {
		defer close(a.served)
		if err := srv.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error().Err(err).Msg("admin listener has ended")
		}
	}()
	log.Info().Str("address", listener.Addr().String()).Msg("admin listener")
	return a
}

// count keeps a.conns. net/http reports a connection as new before Serve can
// return, and as closed after its last handler has returned.
func (a *adminServer) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		a.conns.Add(1)
	case http.StateClosed:
		a.conns.Done()
	}
}

// stop takes no more connections, gives open requests the time of grace, then
// cuts them, and returns when no handler runs any more.
func (a *adminServer) stop(grace time.Duration) {
	if err := drainWithin(grace, a.srv); err != nil {
		a.log.Warn().Err(err).Msg("admin requests were cut")
	}
	<-a.served
	a.conns.Wait()
}

// listenAdmin opens the listener for operators. Without a token only this machine
// may reach it. The name localhost is looked up like any other, so where it led is
// checked as well.
func listenAdmin(ctx context.Context, admin config.Admin) (net.Listener, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", admin.Listen)
	if err != nil {
		return nil, err
	}
	if tcp, ok := listener.Addr().(*net.TCPAddr); admin.Token == "" && (!ok || !tcp.IP.IsLoopback()) {
		return nil, errors.Join(fmt.Errorf("%s is %s, which is no loopback address, and DS_ADMIN__TOKEN is not set", admin.Listen, listener.Addr()), listener.Close())
	}
	return listener, nil
}
