package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"

	"github.com/weirstreams/weir/cmd/weir/client"
	"github.com/weirstreams/weir/cmd/weir/config"
)

// streamCommands are those for people and scripts that use streams.
func streamCommands() []entry {
	var all []entry
	for _, c := range client.Commands() {
		all = append(all, entry{
			name: c.Name, args: "[NAME]", about: c.About, flags: c.Flags, ownHelp: true,
			run: func(ctx context.Context, in invocation) int {
				return client.Run(ctx, c.Name, in.args, in.clientEnv())
			},
		})
	}
	return all
}

// clientEnv is the process as those commands see it.
func (in invocation) clientEnv() client.Env {
	env := client.Env{
		Stdin:   os.Stdin,
		Stdout:  in.stdout,
		Stderr:  in.stderr,
		Screen:  isTerminal(in.stdout),
		Streams: in.streams,
		Admin:   in.admin,
	}
	// Where other commands write to the log without a terminal, these are quiet:
	// they serve scripts.
	if isTerminal(in.stderr) {
		env.Progress = func(what string) client.Progress {
			return drawnProgress{&progress{w: in.stderr, terminal: true, what: what, amount: readableBytes}}
		}
	}
	return env
}

// streams returns the URL below which the configured server has its streams.
func (in invocation) streams() (string, error) {
	cfg, _, err := config.Load(in.environ)
	if err != nil {
		return "", err
	}
	if cfg.Server.Port == 0 {
		return "", fmt.Errorf("DS_SERVER__PORT=0 does not say where the server is: want its real port, or --url")
	}
	scheme := "http"
	if cfg.TLS.Enabled() {
		scheme = "https"
	}
	return scheme + "://" + dialAddress(cfg.Server) + cfg.HTTP.StreamBasePath, nil
}

// admin returns where the configured server has its admin listener, and the token
// for it.
func (in invocation) admin() (address, token string, err error) {
	cfg, _, err := config.Load(in.environ)
	if err != nil || cfg.Admin.Listen == "" {
		return "", cfg.Admin.Token, err
	}
	host, port, err := net.SplitHostPort(cfg.Admin.Listen)
	if err != nil {
		return "", "", fmt.Errorf("DS_ADMIN__LISTEN: %w", err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return "", "", fmt.Errorf("DS_ADMIN__LISTEN: %w", err)
	}
	return "http://" + dialAddress(config.Server{Host: host, Port: n}), cfg.Admin.Token, nil
}
