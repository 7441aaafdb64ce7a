package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/weirstreams/weir/cmd/weir/config"
)

// usage is the help text; the table of variables follows it.
const usage = `weir serves Durable Streams over HTTP.

usage:
  weir [serve]    serve until SIGTERM or SIGINT, then finish open requests;
                  a second signal ends it at once
  weir health     ask the configured address whether a server is alive there
  weir config     print the configuration that serve would use
  weir backup DIR make a copy of the streams in DIR, of a running server by its
                  admin listener
  weir restore DIR
                  put the copy in DIR into an empty data directory
  weir check      read everything that the data directory holds and list what is
                  damaged, while no server uses it
  weir reshard N  move the streams of mode acid to N database files, while no
                  server uses the data directory
  weir compact    rewrite the database files of mode acid without free space,
                  likewise
  weir bench      measure a server, see weir bench -h
  weir version    print the version
  weir help       print this text

exit status: 0 for success, 1 for failure, 2 for a wrong command line or
configuration.

The environment configures every command. An empty variable is an unset one.
Sizes are bytes, or have a suffix: KB, MB, GB, TB count in thousands, KiB, MiB,
GiB, TiB in 1024. Seconds may have a fraction.

variables, with their defaults:
`

// helpCommand prints the help text.
func helpCommand(_ context.Context, in invocation) int {
	return in.finish(writeHelp(in.stdout))
}

func writeHelp(w io.Writer) error {
	var b strings.Builder
	b.WriteString(usage)
	for _, v := range config.Reference() {
		fmt.Fprintf(&b, "\n  %s (%s)\n      %s\n      allowed: %s\n", v.Name, cmp.Or(v.Default, "unset"), v.Help, v.Allowed)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print help: %w", err)
	}
	return nil
}
