package main

import (
	"fmt"
	"io"

	"github.com/weirstreams/weir/cmd/weir/config"
)

// invocation is what a command gets from the process that it runs in.
type invocation struct {
	args    []string // after the command's name
	environ []string
	stdout  io.Writer
	stderr  io.Writer
}

// load reads the configuration. When it is wrong, load tells the user everything
// there is to mend and ok is false.
func (in invocation) load() (cfg config.Config, warnings []string, ok bool) {
	cfg, warnings, err := config.Load(in.environ)
	if err == nil {
		return cfg, warnings, true
	}
	in.warn(warnings)
	fmt.Fprintf(in.stderr, "weir: %v\n", err)
	return config.Config{}, nil, false
}

// warn writes the warnings of a configuration for a person to read.
func (in invocation) warn(warnings []string) {
	for _, w := range warnings {
		fmt.Fprintf(in.stderr, "weir: warning: %s\n", w)
	}
}

// finish reports how a command ended and returns its exit status.
func (in invocation) finish(err error) int {
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(in.stderr, "weir: %v\n", err)
	return exitFailed
}
