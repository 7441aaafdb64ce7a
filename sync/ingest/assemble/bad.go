package assemble

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/lsn"
)

// BadRow describes a row, or a logical message, that cannot become an event.
type BadRow struct {
	Table    string
	Key      []byte // lent; nil if that is what is wrong
	Position lsn.Position
	Err      error
}

// bad reports a row that cannot become an event.
func (a *Assembler) bad(ctx context.Context, t *event.Table, key []byte, second bool, err error) error {
	return a.leaveOut(ctx, BadRow{Table: t.Name(), Key: key, Position: a.tx.position(second), Err: err})
}

// badName reports a row whose stream cannot be named. Other errors are not the row's.
func (a *Assembler) badName(ctx context.Context, t *event.Table, key []byte, second bool, err error) error {
	if errors.Is(err, ErrStreamName) {
		return a.bad(ctx, t, key, second, err)
	}
	return err
}

// deadLetter is the message that stands for a row which was left out.
type deadLetter struct {
	Table    string `json:"table"`
	Key      string `json:"key,omitempty"`
	Position string `json:"lsn"`
	XID      uint32 `json:"txid"`
	Error    string `json:"error"`
}

// leaveOut goes on without a row, if that is wanted, and says so in the stream of dead
// letters.
func (a *Assembler) leaveOut(ctx context.Context, row BadRow) error {
	if err := a.opts.BadRow(row); err != nil {
		return err
	}
	s, err := a.stream(ctx, []byte(a.opts.DeadLetters))
	if err != nil || !a.isNew(s, row.Position) {
		return err
	}
	letter, err := json.Marshal(deadLetter{
		Table: row.Table, Key: string(row.Key), Position: row.Position.String(), XID: a.tx.xid, Error: row.Err.Error(),
	})
	if err != nil {
		return err
	}
	from := len(s.buf)
	s.buf = append(append(s.buf, letter...), ',')
	err = a.added(s, from, row.Position)
	s.plain = true
	return err
}
