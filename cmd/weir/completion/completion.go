// Package completion writes scripts that let bash and zsh complete the command
// lines of weir: the commands, their flags, and otherwise files. Script is all of
// it. What the scripts know is a table that the caller gives, so that nothing is
// written down twice; they start no program of ours.
package completion

import (
	"strings"
)

// The shells that there are scripts for.
const (
	Bash = "bash"
	Zsh  = "zsh"
)

// Command is a command that can be completed.
type Command struct {
	Name  string
	About string // in a line
	Flags []Flag
	Words []string // what the first argument can be; files when there are none
}

// Flag is a flag of a command.
type Flag struct {
	Name  string // with its dashes
	About string // in a line
}

// Script returns the script for a shell; ok is false when there is none for it.
func Script(shell string, commands []Command) (script string, ok bool) {
	switch shell {
	case Bash:
		return bash(commands), true
	case Zsh:
		return zsh(commands), true
	default:
		return "", false
	}
}

// quote makes a word of a shell that stands for s.
func quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func names(commands []Command) string {
	var all []string
	for _, c := range commands {
		all = append(all, c.Name)
	}
	return strings.Join(all, " ")
}
