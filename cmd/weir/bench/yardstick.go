package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"
)

const yardstickAbout = `It answers 204 to everything and does nothing else: what no server built on
net/http can be faster than. Measure it with "weir bench append --raw" and "weir
bench create", until SIGINT or SIGTERM ends it.`

func yardstickOptions(f *flags) measurement {
	f.about = yardstickAbout
	var listen string
	f.text(&listen, "listen", "127.0.0.1:4438", "address and port to listen on; port 0 takes a free one", "ADDRESS:PORT",
		func(s string) bool { _, err := netip.ParseAddrPort(s); return err == nil })
	return func(ctx context.Context, env Env) error { return serveYardstick(ctx, env, listen) }
}

// yardstickHeaderTimeout bounds how long a client may take to send a header.
const yardstickHeaderTimeout = 10 * time.Second

func serveYardstick(ctx context.Context, env Env, address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("yardstick: %w", err)
	}
	server := &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }),
		ReadHeaderTimeout: yardstickHeaderTimeout,
	}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	fmt.Fprintf(env.Stdout, "yardstick: http://%s answers 204 to everything\n", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("yardstick: %w", err)
	}
	return nil
}
