package wire

import "fmt"

// StatusError is an answer with a status that the caller cannot go on with.
type StatusError struct {
	Asked  string // the request, for people
	Status int
	Body   []byte
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("%s: got status %d, want 200: %s", e.Asked, e.Status, e.Body)
}
