package atomic

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/weirstreams/weir/e2e/postgres/event"
	"github.com/weirstreams/weir/e2e/postgres/fold"
)

// content is what a reader has been given so far.
type content interface {
	// add takes a batch, and returns how many events are in it.
	add(data []byte) (events int, err error)
	// whole says what is torn, if anything is, where the server says that there is no
	// more.
	whole() error
}

// Judge says what is wrong with a state that a reader was told is up to date. It
// is called by one goroutine of each reader, and must not keep the state.
type Judge func(*fold.State) error

// folded knows every row.
type folded struct {
	judge Judge
	state fold.State
	last  event.Event // the newest live event, if there was one
}

func (f *folded) add(data []byte) (int, error) {
	events, err := parse(data)
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, e := range events {
		errs = append(errs, f.state.Apply(e))
		if e.Live() {
			f.last = e
		}
	}
	return len(events), errors.Join(errs...)
}

func parse(data []byte) ([]event.Event, error) {
	if len(data) == 0 {
		return nil, nil
	}
	var messages []json.RawMessage
	if err := json.Unmarshal(data, &messages); err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	events := make([]event.Event, len(messages))
	for i, message := range messages {
		var err error
		if events[i], err = event.Parse(message); err != nil {
			return nil, err
		}
	}
	return events, nil
}

func (f *folded) whole() error {
	if f.state.Copying() {
		return nil
	}
	if f.last.Headers.TxID != "" && !f.last.Headers.Last {
		return fmt.Errorf("the transaction goes on after %s", f.last)
	}
	return f.judge(&f.state)
}

// counted knows how many changes there were.
type counted struct {
	judge   func(changes int) error
	changes int
}

// operation is in the headers of every change. No value can have it, as its quotes
// would be escaped there.
var operation = []byte(`"headers":{"operation":"`)

func (c *counted) add(data []byte) (int, error) {
	n := bytes.Count(data, operation)
	c.changes += n
	return n, nil
}

func (c *counted) whole() error { return c.judge(c.changes) }
