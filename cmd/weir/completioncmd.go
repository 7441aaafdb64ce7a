package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/weirstreams/weir/cmd/weir/completion"
)

// completionCommand prints the script that completes the table of commands in a
// shell.
func completionCommand(_ context.Context, in invocation) int {
	if len(in.args) == 1 {
		if script, ok := completion.Script(in.args[0], completed()); ok {
			_, err := fmt.Fprint(in.stdout, script)
			return in.finish(err)
		}
	}
	fmt.Fprintf(in.stderr, "weir: completion takes one argument, %s\n", strings.Join(shells(), " or "))
	return exitUsage
}

func shells() []string { return []string{completion.Bash, completion.Zsh} }

// completed is the table of commands as completion sees it.
func completed() []completion.Command {
	var all []completion.Command
	for _, e := range commands() {
		about, _, _ := strings.Cut(e.about, "\n")
		c := completion.Command{Name: e.name, About: about, Words: e.words}
		for _, f := range e.flags {
			c.Flags = append(c.Flags, completion.Flag{Name: "--" + f.Name, About: f.Help})
		}
		all = append(all, c)
	}
	return all
}
