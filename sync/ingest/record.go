package ingest

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

// record is what a pipeline knows of itself after a crash. It is stored in the sink,
// where the streams are: it is lost only with them.
type record struct {
	Version int `json:"version"`
	// System, Timeline and Database are where the streams come from.
	System   string `json:"system"`
	Timeline int32  `json:"timeline"`
	Database uint32 `json:"database"`
	Slot     string `json:"slot"`
	// Intent is set before the slot is created and cleared with what came of it: a
	// slot that is there meanwhile is ours, and of no use.
	Intent bool `json:"intent,omitempty"`
	// Publications are the oids by name. Another oid means changes are missing.
	Publications map[string]uint32 `json:"publications"`
	// CreatedPublications are those that the pipeline made itself.
	CreatedPublications []string `json:"created_publications,omitempty"`
	// ConsistentPoint is where the slot began; the first copy shows what was
	// committed before.
	ConsistentPoint lsn.LSN `json:"consistent_point"`
	// Confirmed is the LSN before which everything is durable in all streams, and
	// which Postgres may be told.
	Confirmed lsn.LSN `json:"confirmed"`
	// Streams is how many streams rows have made.
	Streams int64 `json:"streams,omitempty"`
	// Generation counts how often the pipeline has begun anew: positions of one
	// generation come after all of those before it.
	Generation uint32 `json:"generation,omitempty"`
	// LeftOut are tables, by their oids, of which the streams lack changes because
	// nothing told the rows apart. They are copied anew when something does.
	LeftOut []uint32 `json:"left_out,omitempty"`
	// Resyncs are the instants, in Unix seconds, of the latest resyncs that nobody
	// has asked for.
	Resyncs []int64 `json:"resyncs,omitempty"`
}

const (
	recordVersion = 1
	recordName    = "pipeline"
)

// begun tells whether the slot was created, so that there is a place to go on from.
func (r *record) begun() bool { return r.ConsistentPoint != 0 }

// loadRecord returns the pipeline's record, or one of a pipeline that has not begun.
func loadRecord(ctx context.Context, k sink.Sink) (*record, error) {
	text, err := k.Load(ctx, recordName)
	if err != nil {
		return nil, fmt.Errorf("load the pipeline's record: %w", err)
	}
	r := &record{Version: recordVersion}
	if text == "" {
		return r, nil
	}
	if err := json.Unmarshal([]byte(text), r); err != nil {
		return nil, stop(fmt.Errorf("read the pipeline's record: %w", err))
	}
	if r.Version != recordVersion {
		return nil, stop(fmt.Errorf("the pipeline's record has version %d, this server reads version %d", r.Version, recordVersion))
	}
	return r, nil
}

func (r *record) save(ctx context.Context, k sink.Sink) error {
	text, err := json.Marshal(r)
	if err == nil {
		err = k.Save(ctx, recordName, string(text))
	}
	if err != nil {
		return fmt.Errorf("save the pipeline's record: %w", err)
	}
	return nil
}
