// Package event turns rows into State Protocol change events: a Table knows how the
// rows of one table become events, and Append writes one.
//
// Rows of the replication stream and rows of a copy take the same way, so that
// equal rows give equal bytes. An event is one line of JSON followed by a comma, as
// a JSON stream stores its messages:
//
//	{"type":…,"key":…,"value":{…},"old_value":{…},"headers":{"operation":…,…}},
//
// headers are the last member, with nothing behind their members but "}},": Last
// relies on it.
package event

import (
	"errors"
	"fmt"

	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/pgjson"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
)

// Operation is what has happened to a row.
type Operation string

// The operations of the State Protocol that the ingester uses.
const (
	Insert Operation = "insert"
	Update Operation = "update"
	Delete Operation = "delete"
)

// Change is one event to be written. What it refers to is only read.
type Change struct {
	Operation Operation
	Key       []byte         // text, not JSON
	Row       pgoutput.Tuple // the whole row; nil for a delete
	// Known has, for columns that are Unchanged in Row, the JSON of their values;
	// nil when no column is.
	Known [][]byte
	// Old is the whole row before the change, or nil.
	Old pgoutput.Tuple
	// Reread says that values of Row are those of the table at a later time. It is for
	// who writes the headers.
	Reread bool
}

// ErrUnknownValue says that a row has a value that was not sent and is not known.
var ErrUnknownValue = errors.New("the value was not sent and is not known")

// Append appends an event of the table to dst. Headers follow the operation's own
// and begin with a comma. On an error dst comes back with the length it had.
func (t *Table) Append(dst []byte, c *Change, headers []byte) ([]byte, error) {
	start := len(dst)
	dst = append(dst, t.head...)
	dst, err := pgjson.AppendString(dst, c.Key)
	if err != nil {
		return dst[:start], fmt.Errorf("encode key of %s: %w", t.name, err)
	}
	if c.Row != nil {
		dst = append(dst, `,"value":`...)
		if dst, err = t.appendRow(dst, c.Row, c.Known); err != nil {
			return dst[:start], err
		}
	}
	if c.Old != nil {
		dst = append(dst, `,"old_value":`...)
		if dst, err = t.appendRow(dst, c.Old, nil); err != nil {
			return dst[:start], err
		}
	}
	dst = append(dst, `,"headers":{"operation":"`...)
	dst = append(dst, c.Operation...)
	dst = append(dst, '"')
	dst = append(dst, headers...)
	return append(dst, "}},"...), nil
}

func (t *Table) appendRow(dst []byte, row pgoutput.Tuple, known [][]byte) ([]byte, error) {
	dst = append(dst, '{')
	for i := range row {
		dst = append(dst, t.columns[i].label...)
		var err error
		switch c := &row[i]; {
		case c.Kind == pgoutput.Text:
			dst, err = pgjson.Append(dst, t.columns[i].typ, c.Value)
		case c.Kind == pgoutput.Null:
			dst = append(dst, "null"...)
		case c.Kind == pgoutput.Unchanged && known != nil && known[i] != nil:
			dst = append(dst, known[i]...)
		default:
			err = ErrUnknownValue
		}
		if err != nil {
			return dst, fmt.Errorf("encode column %s of %s: %w", t.Relation.Columns[i].Name, t.name, err)
		}
		dst = append(dst, ',')
	}
	if len(row) == 0 {
		return append(dst, '}'), nil
	}
	dst[len(dst)-1] = '}'
	return dst, nil
}

// tail is what follows the members of an event's headers.
const tail = "}},"

// AppendPosition appends the header that says where in the order of all events this
// one stands.
func AppendPosition(headers []byte, p lsn.Position) []byte {
	headers = append(headers, `,"lsn":"`...)
	headers = p.Append(headers)
	return append(headers, '"')
}

// AppendReread appends the header of a row in which not all values are of its time.
func AppendReread(headers []byte) []byte { return append(headers, `,"reread":true`...) }

// Last marks the event at the end of events as the last of its transaction in this
// stream.
func Last(events []byte) []byte {
	events = append(events[:len(events)-len(tail)], `,"last":true`...)
	return append(events, tail...)
}

// Control is a control event of the State Protocol.
type Control string

// The control events.
const (
	SnapshotStart Control = "snapshot-start"
	SnapshotEnd   Control = "snapshot-end"
	Reset         Control = "reset"
)

// AppendControl appends a control event. Headers begin with a comma, or are empty.
func AppendControl(dst []byte, c Control, headers []byte) []byte {
	dst = append(dst, `{"headers":{"control":"`...)
	dst = append(dst, c...)
	dst = append(dst, '"')
	dst = append(dst, headers...)
	return append(dst, tail...)
}
