package snapshot

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

// record is what is known of a table's copy after a crash.
type record struct {
	Version int    `json:"version"`
	Table   string `json:"table"` // for people
	State   State  `json:"state"`
	// Epoch tells this copy of the table from those before it.
	Epoch int64 `json:"epoch"`
	// Rebuild is set if the streams have rows of an earlier copy, which go first.
	Rebuild bool `json:"rebuild,omitempty"`
	// Opened is set when the streams know of the copy.
	Opened bool `json:"opened,omitempty"`
	// Layout is what the cursor rests on. Another one begins the table again.
	Layout layout `json:"layout"`
	// Chunk is the number of the chunk that was begun last; all before it are done.
	// It lies in the part of that index, behind From and up to To.
	Chunk int64 `json:"chunk,omitempty"`
	Part  int   `json:"part,omitempty"`
	From  tid   `json:"from"`
	To    tid   `json:"to"`
	// Seen is the snapshot that a table without a key was copied from, as Postgres
	// writes it, and all that it sees was committed before Until.
	Seen  string  `json:"seen,omitempty"`
	Until lsn.LSN `json:"until,omitempty"`
	// Rows and Bytes were copied before that chunk.
	Rows  int64 `json:"rows"`
	Bytes int64 `json:"bytes"`
}

// layout is what a table is made of, as far as a copy that goes on must find it
// unchanged: how its rows become events, and which files they lie in.
type layout struct {
	// Shape is a digest of the key, and of the columns with their types.
	Shape string `json:"shape"`
	Parts []part `json:"parts"`
}

// part is a table with a file of its own: the table itself, or one of its partitions.
type part struct {
	OID  uint32 `json:"oid"`
	File uint32 `json:"file"`
	// End is behind the last block that is copied.
	End  uint32 `json:"end"`
	name string // quoted, not kept
}

// sameFiles tells whether rows are still where they were.
func (l layout) sameFiles(now layout) bool {
	if l.Shape != now.Shape || len(l.Parts) != len(now.Parts) {
		return false
	}
	for i := range l.Parts {
		if l.Parts[i].OID != now.Parts[i].OID || l.Parts[i].File != now.Parts[i].File {
			return false
		}
	}
	return true
}

// State says how far the copy of a table is.
type State string

// The states.
const (
	Pending State = "pending"
	Copying State = "copying"
	// Closing: all rows are copied, and the streams are being told.
	Closing State = "closing"
	Done    State = "done"
)

const recordVersion = 1

func recordName(table uint32) string { return fmt.Sprintf("table-%d", table) }

// load returns a table's record, or one of a table that nobody has begun to copy.
func load(ctx context.Context, k sink.Sink, t Table) (*record, error) {
	text, err := k.Load(ctx, recordName(t.OID))
	if err != nil {
		return nil, fmt.Errorf("load the record of %s: %w", t, err)
	}
	r := &record{Version: recordVersion, Table: t.String(), State: Pending}
	if text == "" {
		return r, nil
	}
	if err := json.Unmarshal([]byte(text), r); err != nil {
		return nil, fmt.Errorf("read the record of %s: %w", t, err)
	}
	if r.Version != recordVersion {
		return nil, fmt.Errorf("the record of %s has version %d, this server reads version %d", t, r.Version, recordVersion)
	}
	return r, nil
}

func (r *record) save(ctx context.Context, k sink.Sink, t Table) error {
	text, err := json.Marshal(r)
	if err == nil {
		err = k.Save(ctx, recordName(t.OID), string(text))
	}
	if err != nil {
		return fmt.Errorf("save the record of %s: %w", t, err)
	}
	return nil
}

// begin makes the record that of a copy that has done nothing.
func (r *record) begin(epoch int64, rebuild bool) {
	*r = record{Version: recordVersion, Table: r.Table, State: Copying, Epoch: epoch, Rebuild: rebuild}
}

// restart goes back to the first block. Chunks go on counting, so that streams do
// not take new ones for those that they have.
func (r *record) restart(l layout) {
	r.Layout, r.Part, r.From, r.To, r.Rows, r.Bytes = l, 0, tid{}, tid{}, 0, 0
}
