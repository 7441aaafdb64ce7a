// Command weir is the Durable Streams server and its small tools. Without an
// argument it serves; "weir help" lists the commands and every variable.
//
// This package only wires: it reads the configuration, starts the parts in
// order, stops them in the opposite order, and turns the outcome into an exit
// status. Results go to standard output, messages and the log to standard error.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit statuses.
const (
	exitOK     = 0
	exitFailed = 1 // the command could not do its work
	exitUsage  = 2 // the command line or the configuration is wrong
)

func main() {
	os.Exit(run(untilSignal(), os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// untilSignal returns a context that ends with the first SIGINT or SIGTERM. The
// handler is given up before the context ends, so that a second signal during
// the draining that follows ends the process at once.
func untilSignal() context.Context {
	signalled, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	ctx, cancel := context.WithCancel(context.Background())
	context.AfterFunc(signalled, func() {
		stop()
		cancel()
	})
	return ctx
}

// run carries out the command that args name, until it is done or ctx ends, and
// returns the exit status. args do not include the program's name.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	name, rest := "serve", args
	if len(args) > 0 {
		name, rest = args[0], args[1:]
	}

	e, ok := lookup(name)
	if !ok {
		fmt.Fprintf(stderr, "weir: there is no command %q; \"weir help\" lists them\n", name)
		return exitUsage
	}
	if len(rest) == 1 && isHelp(rest[0]) && !e.ownHelp {
		e, rest = entry{run: helpCommand}, nil
	}
	if len(rest) > 0 && e.args == "" {
		fmt.Fprintf(stderr, "weir: %s takes no arguments, got %q; DS_* variables configure it, see \"weir help\"\n", name, rest[0])
		return exitUsage
	}
	return e.run(ctx, invocation{args: rest, environ: environ, stdout: stdout, stderr: stderr})
}

func isHelp(arg string) bool {
	return arg == "help" || arg == "-h" || arg == "--help"
}
