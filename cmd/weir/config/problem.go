package config

import (
	"fmt"
	"strconv"
	"strings"
)

// maxQuoted bounds how much of a name or value a message repeats, in bytes.
const maxQuoted = 80

// Problem is one mistake in the configuration.
type Problem struct {
	// Names are the variables at fault: one, or two that contradict each other. Of a
	// mistake in a file they are the one that names it, and those whose keys are wrong.
	Names []string
	// Text is one line that names the variables, what they hold and what is
	// wanted instead.
	Text string
}

// Error lists everything that is wrong with a configuration: first each
// variable alone, then contradictions, then variables that must not be set.
type Error struct {
	// Problems is never empty.
	Problems []Problem
}

// Error returns a line that counts the mistakes and an indented line for each.
func (e *Error) Error() string {
	lines := []string{"wrong configuration, 1 mistake:"}
	if n := len(e.Problems); n != 1 {
		lines[0] = fmt.Sprintf("wrong configuration, %d mistakes:", n)
	}
	for _, p := range e.Problems {
		lines = append(lines, "  "+p.Text)
	}
	return strings.Join(lines, "\n")
}

// quote makes any text fit into one line of a message.
func quote(s string) string {
	if len(s) > maxQuoted {
		s = s[:maxQuoted] + "..."
	}
	return strconv.Quote(s)
}
