package main

import (
	"context"
	"slices"

	"github.com/weirstreams/weir/cmd/weir/client"
)

// command is one thing weir can do. It returns the exit status.
type command func(context.Context, invocation) int

// entry is a row of the table of commands, from which they are found, explained
// and completed.
type entry struct {
	name    string
	args    string // as help shows them; without any, the command takes none
	about   string // for help, in lines
	run     command
	ownHelp bool          // explains itself when its argument is -h
	flags   []client.Flag // that completion offers
	words   []string      // what completion offers as the first argument
}

// defaultCommand is what weir does when it is not told.
const defaultCommand = "serve"

// lookup returns the command of that name.
func lookup(name string) (e entry, ok bool) {
	switch {
	case name == "--version":
		name = "version"
	case isHelp(name):
		name = "help"
	}
	all := commands()
	i := slices.IndexFunc(all, func(e entry) bool { return e.name == name })
	if i < 0 {
		return entry{}, false
	}
	return all[i], true
}

// commands is every command there is.
func commands() []entry {
	return append(serverCommands(), streamCommands()...)
}

// serverCommands are those that run a server or look after one.
func serverCommands() []entry {
	return []entry{
		{name: defaultCommand, run: serveCommand,
			about: "serve until SIGTERM or SIGINT, then finish open requests;\na second signal ends it at once"},
		{name: "health", run: healthCommand,
			about: "ask the configured address whether a server is alive there"},
		{name: "config", run: configCommand,
			about: "print the configuration that serve would use"},
		{name: "backup", args: "DIR", run: backupCommand,
			about: "make a copy of the streams in DIR, of a running server by its\nadmin listener"},
		{name: "restore", args: "DIR", run: restoreCommand,
			about: "put the copy in DIR into an empty data directory"},
		{name: "check", run: checkCommand,
			about: "read everything that the data directory holds and list what is\ndamaged, while no server uses it"},
		{name: "reshard", args: "N", run: reshardCommand,
			about: "move the streams of mode acid to N database files, while no\nserver uses the data directory"},
		{name: "compact", run: compactCommand,
			about: "rewrite the database files of mode acid without free space,\nlikewise"},
		{name: "ingest", args: "[check]", run: ingestCommand, ownHelp: true,
			words: []string{"check"}, flags: client.NewReach("ingest").Flags(),
			about: "bring changes from Postgres to another server, or check the\ndatabase for it, see weir ingest -h"},
		{name: "bench", args: "KIND", run: benchCommand, ownHelp: true,
			about: "measure a server, see weir bench -h"},
		{name: "completion", args: "bash|zsh", run: completionCommand, words: shells(),
			about: "print a script that lets the shell complete command lines"},
		{name: "version", run: versionCommand, about: "print the version"},
		{name: "help", run: helpCommand, about: "print this text"},
	}
}
