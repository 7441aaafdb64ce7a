// Package event reads the change events of a stream as an application does: from
// the JSON it is served, by the names the State Protocol gives, and with nothing
// of the server's own code.
//
// Parse is strict where the specification is: what it takes for an event is one
// that any client library takes too.
package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// The operations of a change event.
const (
	Insert = "insert"
	Update = "update"
	Delete = "delete"
)

// The kinds of control event.
const (
	SnapshotStart = "snapshot-start"
	SnapshotEnd   = "snapshot-end"
	Reset         = "reset"
)

// Event is one message of a stream: a change, or a control event.
type Event struct {
	Type    string          `json:"type,omitempty"`
	Key     string          `json:"key,omitempty"`
	Value   json.RawMessage `json:"value,omitempty"` // nil for a delete
	Headers Headers         `json:"headers"`
}

// Headers are the members of an event's headers. Exactly one of Operation and
// Control is set.
type Headers struct {
	Operation string `json:"operation,omitempty"`
	Control   string `json:"control,omitempty"`
	TxID      string `json:"txid,omitempty"` // of Postgres, in decimal digits
	Timestamp string `json:"timestamp,omitempty"`
	// Position and what follows are there with extended headers only.
	Position Position `json:"lsn,omitempty"`
	Last     bool     `json:"last,omitempty"`
	Snapshot bool     `json:"snapshot,omitempty"`
}

// Live reports whether the event comes from a transaction, not from a copy of the
// table or from a decision of the server's.
func (e Event) Live() bool { return e.Headers.TxID != "" && !e.Headers.Snapshot }

// What returns the operation, or the kind of control event.
func (e Event) What() string {
	if e.Headers.Control != "" {
		return e.Headers.Control
	}
	return e.Headers.Operation
}

// String describes the event in a few words, for messages.
func (e Event) String() string {
	return fmt.Sprintf("%s of %q (transaction %s, at %s)", e.What(), e.Key, e.Headers.TxID, e.Headers.Position)
}

// Parse reads one message. An error says which rule it breaks.
func Parse(message []byte) (Event, error) {
	var e Event
	if err := json.Unmarshal(message, &e); err != nil {
		return Event{}, fmt.Errorf("event: %w", err)
	}
	if err := e.check(); err != nil {
		return Event{}, fmt.Errorf("event %.200s: %w", message, err)
	}
	return e, nil
}

func (e Event) check() error {
	if p := e.Headers.Position; p != "" && !p.valid() {
		return fmt.Errorf("got the position %q, want three hexadecimal numbers", p)
	}
	if e.Headers.Control != "" {
		return e.checkControl()
	}
	return e.checkChange()
}

func (e Event) checkControl() error {
	if e.Headers.Operation != "" {
		return errors.New("got an operation in a control event")
	}
	if !slices.Contains([]string{SnapshotStart, SnapshotEnd, Reset}, e.Headers.Control) {
		return fmt.Errorf("got the control event %q, which is unknown", e.Headers.Control)
	}
	return nil
}

func (e Event) checkChange() error {
	object := bytes.HasPrefix(e.Value, []byte("{"))
	switch {
	case e.Type == "":
		return errors.New("got no type")
	case e.Headers.Operation == Delete && e.Value != nil:
		return errors.New("got a delete with a value")
	case e.Headers.Operation == Delete:
		return nil
	case e.Headers.Operation != Insert && e.Headers.Operation != Update:
		return fmt.Errorf("got the operation %q, which is unknown", e.Headers.Operation)
	case !object:
		return errors.New("got a value that is no object")
	}
	return nil
}
