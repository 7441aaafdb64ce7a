package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/weirstreams/weir/cmd/weir/client"
	"github.com/weirstreams/weir/cmd/weir/config"
)

// The help text: what is above and below the table of commands, and then the table
// of variables.
const (
	usage = `weir serves Durable Streams over HTTP.

usage:
`
	usageOfStreams = `
streams, of this server or another; "weir read -h" and so on say more:
`
	usageEnd = `
exit status: 0 for success, 1 for failure, 2 for a wrong command line or
configuration; of the commands for streams also
`
	usageVariables = `
The environment configures every command. An empty variable is an unset one.
Sizes are bytes, or have a suffix: KB, MB, GB, TB count in thousands, KiB, MiB,
GiB, TiB in 1024. Seconds may have a fraction. Durations have a unit: ms, s, m, h.

variables, with their defaults:
`
)

// helpColumn is where the explanation of a command begins.
const helpColumn = 18

// helpCommand prints the help text.
func helpCommand(_ context.Context, in invocation) int {
	return in.finish(writeHelp(in.stdout))
}

func writeHelp(w io.Writer) error {
	var b strings.Builder
	writeCommands(&b)
	for _, v := range config.Reference() {
		fmt.Fprintf(&b, "\n  %s (%s)\n      %s\n      allowed: %s\n", v.Name, cmp.Or(v.Default, "unset"), v.Help, v.Allowed)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print help: %w", err)
	}
	return nil
}

// writeCommands writes what there is to say of the commands.
func writeCommands(b *strings.Builder) {
	b.WriteString(usage)
	for _, e := range serverCommands() {
		e.writeUsage(b)
	}
	b.WriteString(usageOfStreams)
	for _, e := range streamCommands() {
		e.writeUsage(b)
	}
	b.WriteString(usageEnd)
	for _, s := range client.Statuses() {
		if s.Status > exitUsage {
			fmt.Fprintf(b, "  %-4d %s\n", s.Status, s.Meaning)
		}
	}
	b.WriteString(usageVariables)
}

// writeUsage writes the lines of one command.
func (e entry) writeUsage(b *strings.Builder) {
	head := "  weir " + e.name
	switch {
	case e.name == defaultCommand:
		head = "  weir [" + e.name + "]"
	case e.args != "" && !e.ownHelp:
		head += " " + e.args
	}
	if len(head) >= helpColumn {
		fmt.Fprintln(b, head)
		head = ""
	}
	for _, line := range strings.Split(e.about, "\n") {
		fmt.Fprintf(b, "%-*s%s\n", helpColumn, head, line)
		head = ""
	}
}
