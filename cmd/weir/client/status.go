package client

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// Exit statuses.
const (
	OK          = 0
	Failed      = 1
	Usage       = 2
	NotFound    = 3
	Conflict    = 4
	Limited     = 5
	Unreachable = 6
	Interrupted = 130 // 128 and the number of SIGINT, as shells have it
)

// Status is an exit status with what it means.
type Status struct {
	Status  int
	Meaning string
	answers []int // the HTTP statuses that lead to it
}

// Statuses is the one table of exit statuses.
func Statuses() []Status {
	return []Status{
		{OK, "done", nil},
		{Failed, "failed in a way that has no status of its own", nil},
		{Usage, "the command line or the configuration is wrong", nil},
		{NotFound, "there is no such stream, or no longer", []int{http.StatusNotFound, http.StatusGone}},
		{Conflict, "the stream is closed, of another configuration, or further in its sequence", []int{http.StatusConflict}},
		{Limited, "refused by a limit of the server", []int{
			http.StatusRequestEntityTooLarge, http.StatusTooManyRequests, http.StatusInsufficientStorage}},
		{Unreachable, "the server cannot be reached, or fails", nil},
		{Interrupted, "interrupted by a signal", nil},
	}
}

// statusOf returns the exit status for an error.
func statusOf(err error) int {
	var (
		usage   *usageError
		refused *refusal
		lost    *lostError
	)
	switch {
	case errors.As(err, &usage):
		return Usage
	case errors.As(err, &refused):
		return statusOfAnswer(refused)
	case errors.As(err, &lost):
		return Unreachable
	default:
		return Failed
	}
}

func statusOfAnswer(r *refusal) int {
	if r.fenced {
		return Conflict
	}
	for _, s := range Statuses() {
		if slices.Contains(s.answers, r.status) {
			return s.Status
		}
	}
	if r.status >= http.StatusInternalServerError {
		return Unreachable
	}
	return Failed
}

// usageError says what is wrong with a command line or the configuration.
type usageError struct{ reason string }

func (e *usageError) Error() string { return e.reason }

func misused(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}
