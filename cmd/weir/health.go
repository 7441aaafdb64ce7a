package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/weirstreams/weir/cmd/weir/config"
)

// healthTimeout bounds a health check; container health checks commonly give up
// after 30 s, and an answer that late is no sign of health. It is longer than a
// server takes to serve a replaced certificate.
const healthTimeout = 5 * time.Second

// healthCommand asks the server that this configuration describes whether it is
// alive. It says nothing when it is, and nothing is wrong.
func healthCommand(ctx context.Context, in invocation) int {
	cfg, _, ok := in.load()
	if !ok {
		return exitUsage
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	if !cfg.TLS.Enabled() {
		return in.finish(checkHealth(ctx, cfg, &http.Transport{}))
	}
	warning, err := checkEncrypted(ctx, cfg)
	if warning != nil {
		in.warn([]string{warning.Error()})
	}
	return in.finish(err)
}

// checkHealth returns nil if GET /healthz is answered with 200 by way of
// transport, which is one of our own: neither proxies from the environment nor
// redirects may answer for the server.
func checkHealth(ctx context.Context, cfg config.Config, transport *http.Transport) error {
	if cfg.Server.Port == 0 {
		return errors.New("check health: DS_SERVER__PORT=0 does not say where the server is, want its real port")
	}
	url := scheme(cfg.TLS) + "://" + dialAddress(cfg.Server) + "/healthz"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("check health: %w", err)
	}
	transport.DisableKeepAlives = true
	response, err := transport.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("check health: get %s: %w", url, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("check health: %s answered %s", url, response.Status)
	}
	return nil
}

// dialAddress is where a server that listens on this host and port is reached
// from the same machine: one that listens everywhere is reached by loopback.
func dialAddress(server config.Server) string {
	host := server.Host
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.Is6() {
			host = "::1"
		}
	}
	return net.JoinHostPort(host, strconv.Itoa(server.Port))
}
