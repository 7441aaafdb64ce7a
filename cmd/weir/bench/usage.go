package bench

import (
	"fmt"
	"io"
	"strings"
)

const usageHead = `weir bench measures a Durable Streams server over plain HTTP/1.1.

usage:
  weir bench KIND --url URL [flags]    measure
  weir bench ingest [flags]            measure with a Postgres and servers of its own
  weir bench KIND -h                   what is measured, and its flags

kinds:
`

const usageTail = `
URL is where the streams are, such as http://127.0.0.1:4437/v1/stream; without a
path, /v1/stream. A measurement makes streams of its own below --prefix and leaves
them there: use a server that holds nothing else. It loads one core; run several
at once for more. SIGINT ends it early and prints what was measured until then.

Figures go to standard output, as a table or with --json as one object; their
names end in their unit. With --pid, the processor time and the memory of that
process are among them.

exit status: 0 for success; 1 for failure, errors during the measurement, or
deliveries lost or repeated; 2 for a wrong command line.
`

func writeUsage(w io.Writer) error {
	var b strings.Builder
	b.WriteString(usageHead)
	for _, k := range kinds() {
		fmt.Fprintf(&b, "  %-10s %s\n", k.name, k.what)
	}
	b.WriteString(usageTail)
	return write(w, b.String())
}

func (k kind) writeHelp(w io.Writer, f *flags) error {
	var b strings.Builder
	fmt.Fprintf(&b, "weir bench %s: %s.\n", k.name, k.what)
	if f.about != "" {
		b.WriteString("\n" + f.about + "\n")
	}
	b.WriteString("\nflags, with their defaults:\n")
	for _, d := range f.described {
		fmt.Fprintf(&b, "\n  --%s (%s)\n      %s\n      allowed: %s\n", d.name, d.preset, d.help, d.allowed)
	}
	return write(w, b.String())
}

func write(w io.Writer, text string) error {
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("print help: %w", err)
	}
	return nil
}
