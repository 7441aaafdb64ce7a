// Package bench measures Durable Streams servers over plain HTTP/1.1: how fast
// they take appends and new streams, how fast they are read, and how soon and how
// completely live readers get what was appended. Run carries out one command line;
// Usage is the help text.
//
// A measurement runs in one goroutine over one netloop.Loop, so that it takes at
// most one core and leaves the others to the server; to load a server with more,
// run several at once. Requests are written into buffers that are used again, and
// answers are read by package answer, without allocating: on a machine with two
// cores the server is to be the wall.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Env is what a measurement gets from the process that it runs in.
type Env struct {
	Stdout io.Writer // for the figures, and for help that was asked for
	Stderr io.Writer // for help that was not
	// Progress begins to show how far something is, of which amount writes the
	// numbers.
	Progress func(what string, amount func(int64) string) Progress
}

// Progress shows how far something is. One goroutine uses it.
type Progress interface {
	At(done, total int64)
	End()
}

// A UsageError says what is wrong with a command line. Run has then written the
// help text to Env.Stderr.
type UsageError struct{ Reason string }

func (e *UsageError) Error() string { return e.Reason }

// kind is one thing that can be measured.
type kind struct {
	name string
	what string
	// options registers the flags and returns what to do once they are read.
	options func(*flags) measurement
}

// measurement measures until it is done or ctx ends, and writes the figures also
// in the latter case. It returns an error when there are none, or when something
// went wrong at the server while they were taken.
type measurement func(ctx context.Context, env Env) error

func kinds() []kind {
	return []kind{
		{"append", "append messages, over many connections and streams", appendOptions},
		{"create", "create streams", createOptions},
		{"catchup", "read whole streams, page by page", catchupOptions},
		{"sse", "deliver events to subscribers by SSE", sseOptions},
		{"longpoll", "the same, by long-poll", longpollOptions},
		{"rtt", "one writer, one SSE reader: the way of one message", rttOptions},
		{"ingest", "take in the changes of a Postgres database", ingestOptions},
		{"yardstick", "serve the empty net/http handler, to compare with", yardstickOptions},
	}
}

// Run carries out the command line args, such as "append", "--url", ... It returns
// nil, a *UsageError, or what went wrong.
func Run(ctx context.Context, args []string, env Env) error {
	if len(args) == 0 || isHelp(args[0]) {
		return writeUsage(env.Stdout)
	}
	for _, k := range kinds() {
		if k.name == args[0] {
			return k.run(ctx, args[1:], env)
		}
	}
	return misused(env, writeUsage, fmt.Errorf("there is nothing called %q to measure", args[0]))
}

func (k kind) run(ctx context.Context, args []string, env Env) error {
	f := newFlags(k.name)
	measure := k.options(f)
	help := func(w io.Writer) error { return k.writeHelp(w, f) }
	if len(args) == 1 && isHelp(args[0]) {
		return help(env.Stdout)
	}
	if err := f.parse(args); err != nil {
		return misused(env, help, err)
	}
	err := measure(ctx, env)
	if usage := (*UsageError)(nil); errors.As(err, &usage) {
		return misused(env, help, err)
	}
	return err
}

// misused writes the help text and returns the error as a *UsageError.
func misused(env Env, help func(io.Writer) error, err error) error {
	if helpErr := help(env.Stderr); helpErr != nil {
		return helpErr
	}
	return &UsageError{err.Error()}
}

func isHelp(arg string) bool {
	return arg == "help" || arg == "-h" || arg == "--help"
}
