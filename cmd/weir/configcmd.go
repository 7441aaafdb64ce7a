package main

import (
	"context"

	"github.com/weirstreams/weir/cmd/weir/config"
)

// configCommand prints the configuration that serve would run with.
func configCommand(_ context.Context, in invocation) int {
	cfg, warnings, ok := in.load()
	if !ok {
		return exitUsage
	}
	in.warn(warnings)
	return in.finish(config.Print(in.stdout, cfg))
}
