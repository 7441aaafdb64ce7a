package fold

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/weirstreams/weir/e2e/postgres/event"
)

// Rows are the rows of a table, by key. A row holds the JSON text of each column.
type Rows map[string]Row

// Row is the canonical JSON text of each column.
type Row map[string]string

// State is what the events of one stream add up to, by type. The zero value holds
// nothing.
type State struct {
	types   map[string]Rows
	copying bool
}

// Of folds a whole stream.
func Of(events []event.Event) (*State, error) {
	s := &State{}
	for i, e := range events {
		if err := s.Apply(e); err != nil {
			return nil, fmt.Errorf("event %d: %w", i, err)
		}
	}
	return s, nil
}

// Type returns the rows of one type. They stay the state's.
func (s *State) Type(name string) Rows { return s.types[name] }

// Types returns how many types have had an event since the last reset.
func (s *State) Types() int { return len(s.types) }

// Copying reports whether the last event lies inside a copy of the table: until it
// ends, the state is none that ever was in the database.
func (s *State) Copying() bool { return s.copying }

// Apply adds one event: an insert or update puts the row, a delete removes it, and
// a reset clears everything.
func (s *State) Apply(e event.Event) error {
	switch e.What() {
	case event.Reset:
		s.types = nil
	case event.SnapshotStart:
		s.copying = true
	case event.SnapshotEnd:
		s.copying = false
	case event.Delete:
		delete(s.types[e.Type], e.Key)
	default:
		return s.put(e)
	}
	return nil
}

func (s *State) put(e event.Event) error {
	row, err := columns(e.Value)
	if err != nil {
		return fmt.Errorf("value of %q: %w", e.Key, err)
	}
	if s.types == nil {
		s.types = map[string]Rows{}
	}
	if s.types[e.Type] == nil {
		s.types[e.Type] = Rows{}
	}
	s.types[e.Type][e.Key] = row
	return nil
}

func columns(value json.RawMessage) (Row, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(value, &members); err != nil {
		return nil, err
	}
	row := make(Row, len(members))
	for name, text := range members {
		canonical, err := Canonical(text)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", name, err)
		}
		row[name] = canonical
	}
	return row, nil
}

// Canonical writes JSON without spaces and with the escapes of one writer, but
// keeps the digits of numbers and the order and number of members, which a json
// column keeps too.
func Canonical(text []byte) (string, error) {
	if !json.Valid(text) {
		return "", fmt.Errorf("got %.80q, want JSON", text)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var out bytes.Buffer
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return out.String(), nil
		}
		if err != nil {
			return "", err
		}
		// Which comma or colon stood between two tokens follows from the tokens, so
		// a space does for all of them.
		if err := writeToken(&out, token); err != nil {
			return "", err
		}
		out.WriteByte(' ')
	}
}

func writeToken(out *bytes.Buffer, token json.Token) error {
	switch token := token.(type) {
	case json.Delim:
		out.WriteRune(rune(token))
	case json.Number:
		out.WriteString(token.String())
	default:
		text, err := json.Marshal(token)
		if err != nil {
			return err
		}
		out.Write(text)
	}
	return nil
}
