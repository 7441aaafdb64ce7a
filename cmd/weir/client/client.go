// Package client is the command line of people and scripts that use streams:
// create, append, read, tail, head, close, delete and ls. Run carries out one
// command line, and Commands lists the commands with their flags, from which help
// and completion are made.
//
// Three promises hold for all of them. What a stream holds goes to standard
// output exactly and nothing else does, unless --json asks for objects. A request
// is sent again only where that cannot do its work twice. And the exit status says
// what kind of thing went wrong: see Statuses.
package client

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"
)

// Env is what a command gets from the process that it runs in.
type Env struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Screen bool // Stdout is a terminal
	// Streams returns the URL below which the streams of the configured server
	// are. It is asked when the command line does not say.
	Streams func() (string, error)
	// Admin returns the URL of the configured server's admin listener, empty when
	// it has none, and the bearer token for it, empty when it needs none.
	Admin func() (address, token string, err error)
	// Progress begins to show how far something is, of which amount writes the
	// numbers. It is nil when there is nobody to look.
	Progress func(what string) Progress

	pause func(context.Context, time.Duration) error // instead of waiting, in tests
}

// Progress shows how far something is, in bytes. The total is -1 when it is not
// known. One goroutine uses it.
type Progress interface {
	At(done, total int64)
	End()
}

// Run carries out the command of that name and returns the exit status. It ends
// with ctx, but for a Read of Env.Stdin that is under way.
func Run(ctx context.Context, name string, args []string, env Env) int {
	c, ok := find(name)
	if !ok {
		fmt.Fprintf(env.Stderr, "weir: there is no command %q\n", name)
		return Usage
	}
	err := c.run(ctx, args, env)
	if err == nil {
		return OK
	}
	if ctx.Err() != nil {
		return Interrupted
	}
	fmt.Fprintf(env.Stderr, "weir: %s: %v\n", name, err)
	if usage := (*usageError)(nil); errors.As(err, &usage) {
		fmt.Fprintf(env.Stderr, "\"weir %s -h\" says what it takes\n", name)
	}
	return statusOf(err)
}

// run reads the command line and does the work.
func (c command) run(ctx context.Context, args []string, env Env) error {
	s := &session{env: env}
	f := newFlags(c, s)
	err := f.parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return c.writeHelp(env.Stdout, f)
	case err != nil:
		return misused("%v", err)
	}
	if err := s.connect(); err != nil {
		return err
	}
	defer s.server.close()
	return f.work(ctx, s)
}

// writeHelp writes the help text of one command.
func (c command) writeHelp(w io.Writer, f *flags) error {
	var b strings.Builder
	fmt.Fprintf(&b, "usage: weir %s [flags]%s\n\n%s\n\nflags:\n", c.name, c.arguments(), c.help)
	for _, d := range f.describe() {
		fmt.Fprintf(&b, "  %s\n      %s\n", strings.TrimSpace("--"+d.Name+" "+d.Value), d.Help)
	}
	b.WriteString("\nexit status:\n")
	for _, s := range Statuses() {
		fmt.Fprintf(&b, "  %-4d %s\n", s.Status, s.Meaning)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print help: %w", err)
	}
	return nil
}
