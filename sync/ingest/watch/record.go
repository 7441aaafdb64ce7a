package watch

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/weirstreams/weir/sync/ingest/sink"
)

// What was seen last is kept in records of the sink, so that a change made while
// nobody looked is found at the next start: one record for each table, and an index
// that names them. A record counts only while the index names it.

// index is the record that tells which tables have one.
type index struct {
	Version int      `json:"version"`
	Tables  []uint32 `json:"tables"`
}

// entry is the record of a table.
type entry struct {
	Table Table `json:"table"`
	// Told is the layout that a pause or a stop was about, so that whoever has the
	// pipeline go on is not asked twice.
	Told string `json:"told,omitempty"`
}

const (
	recordVersion = 1
	indexName     = "watched"
)

func recordName(table uint32) string { return fmt.Sprintf("watched-%d", table) }

// memory is what was seen last, as far as everything that follows from it is done.
type memory struct {
	sink   sink.Sink
	begun  bool // somebody has looked before
	tables map[uint32]*entry
}

func remember(ctx context.Context, k sink.Sink) (*memory, error) {
	m := &memory{sink: k, tables: make(map[uint32]*entry)}
	var x index
	found, err := load(ctx, k, indexName, &x)
	if err != nil || !found {
		return m, err
	}
	if x.Version != recordVersion {
		return nil, fmt.Errorf("the record %s has version %d, this server reads version %d", indexName, x.Version, recordVersion)
	}
	m.begun = true
	for _, oid := range x.Tables {
		e := &entry{}
		if found, err = load(ctx, k, recordName(oid), e); err != nil {
			return nil, err
		}
		if found {
			m.tables[oid] = e
		}
	}
	return m, nil
}

func load(ctx context.Context, k sink.Sink, name string, to any) (found bool, err error) {
	text, err := k.Load(ctx, name)
	if err == nil && text != "" {
		err = json.Unmarshal([]byte(text), to)
	}
	if err != nil {
		return false, fmt.Errorf("load the record %s: %w", name, err)
	}
	return text != "", nil
}

func save(ctx context.Context, k sink.Sink, name string, what any) error {
	text, err := json.Marshal(what)
	if err == nil {
		err = k.Save(ctx, name, string(text))
	}
	if err != nil {
		return fmt.Errorf("save the record %s: %w", name, err)
	}
	return nil
}

func (m *memory) facts() Facts {
	f := make(Facts, len(m.tables))
	for oid, e := range m.tables {
		f[oid] = e.Table
	}
	return f
}

// begin remembers a look before which there is none.
func (m *memory) begin(ctx context.Context, f Facts) error {
	clear(m.tables)
	for oid, t := range f {
		if err := m.keep(ctx, oid, entry{Table: t}); err != nil {
			return err
		}
	}
	return m.saveIndex(ctx)
}

// put remembers a table.
func (m *memory) put(ctx context.Context, oid uint32, e entry) error {
	_, known := m.tables[oid]
	if err := m.keep(ctx, oid, e); err != nil || known {
		return err
	}
	return m.saveIndex(ctx)
}

// drop forgets a table.
func (m *memory) drop(ctx context.Context, oid uint32) error {
	delete(m.tables, oid)
	return m.saveIndex(ctx)
}

func (m *memory) keep(ctx context.Context, oid uint32, e entry) error {
	if err := save(ctx, m.sink, recordName(oid), e); err != nil {
		return err
	}
	m.tables[oid] = &e
	return nil
}

func (m *memory) saveIndex(ctx context.Context) error {
	m.begun = true
	return save(ctx, m.sink, indexName, index{Version: recordVersion, Tables: slices.Sorted(maps.Keys(m.tables))})
}
