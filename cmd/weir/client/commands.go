package client

import (
	"context"
	"slices"
)

// Command describes a command, for help and completion.
type Command struct {
	Name  string
	About string // in a line
	Flags []Flag // by name
}

// Flag describes a flag of a command.
type Flag struct {
	Name  string // without dashes
	Value string // what stands for the value in help, empty when there is none
	Help  string // in a line, with the default
}

// command is a row of the table of commands.
type command struct {
	name  string
	args  string // after the flags
	about string
	help  string // what -h says beyond the flags
	// setUp registers the flags of the command and returns what to do once they
	// are read.
	setUp func(*flags) work
}

// work is what a command does.
type work func(context.Context, *session) error

// naming is how the help of a command says which stream is meant.
const naming = `NAME is the name of the stream below --url, as ls prints it. What a URL cannot hold
is escaped for you; a % that is part of the name is written %25. Without NAME, or
with . in its place, --url is the stream itself.`

// table is every command there is.
func table() []command {
	return []command{
		{"create", "[NAME [FILE]]", "make a stream, or see that it is there", createHelp, createCommand},
		{"append", "[NAME [FILE...]]", "append files or standard input to a stream", appendHelp, appendCommand},
		{"read", "[NAME]", "print what a stream holds", readHelp, readCommand},
		{"tail", "[NAME]", "print what is appended to a stream, until it is closed", tailHelp, tailCommand},
		{"head", "[NAME]", "print what is known of a stream", headHelp, headCommand},
		{"close", "[NAME]", "close a stream: nothing can be appended any more", closeHelp, closeCommand},
		{"delete", "[NAME]", "delete a stream", deleteHelp, deleteCommand},
		{"ls", "", "list the streams of a server, by its admin listener", listHelp, listCommand},
	}
}

// Commands lists the commands.
func Commands() []Command {
	var all []Command
	for _, c := range table() {
		all = append(all, Command{Name: c.name, About: c.about, Flags: newFlags(c, &session{}).describe()})
	}
	return all
}

func find(name string) (command, bool) {
	all := table()
	i := slices.IndexFunc(all, func(c command) bool { return c.name == name })
	if i < 0 {
		return command{}, false
	}
	return all[i], true
}

func (c command) arguments() string {
	if c.args == "" {
		return ""
	}
	return " " + c.args
}
