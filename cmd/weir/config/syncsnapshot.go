package config

import "github.com/weirstreams/weir/sync/ingest/route"

// SyncSnapshot says how the rows that exist already are copied.
type SyncSnapshot struct {
	// Mode is the way to copy: in one transaction, chunk by chunk beside the
	// changes, or not at all; auto chooses by the size of the tables.
	Mode route.Snapshot `env:"SNAPSHOT" envDefault:"auto" oneof:"auto consistent incremental never" help:"how rows that exist already are copied"`

	// Workers are the connections that copy at the same time.
	Workers int `env:"SNAPSHOT_WORKERS" envDefault:"4" min:"1" max:"64" help:"connections that copy at the same time"`

	// ChunkRows is the most rows of one chunk. Chunks adapt below it.
	ChunkRows int `env:"SNAPSHOT_CHUNK_ROWS" envDefault:"10000" min:"1" max:"1000000" help:"rows of one chunk at most"`

	// ChunkBytes, in bytes, is the most of one chunk; a single row may be larger.
	ChunkBytes Size `env:"SNAPSHOT_CHUNK_BYTES" envDefault:"8MiB" min:"4KiB" max:"1GiB" help:"bytes of one chunk at most"`

	// MaxDuration is how long a copy in one transaction may hold back the
	// database's vacuum before it goes on chunk by chunk.
	MaxDuration Span `env:"SNAPSHOT_MAX_DURATION" envDefault:"30m" min:"1s" max:"8760h" help:"how long a consistent copy lasts before it goes on incrementally"`

	// MaxWAL is how much of the database's log a copy in one transaction may keep
	// before it goes on chunk by chunk. A share is one of what the slot has left.
	MaxWAL WALBudget `env:"SNAPSHOT_MAX_WAL" envDefault:"25%" form:"walbudget" help:"write-ahead log that a consistent copy keeps before it goes on incrementally; a share is of what the slot has left"`

	// Rate bounds the rows a second that are copied.
	Rate int64 `env:"SNAPSHOT_RATE" envDefault:"0" min:"1" max:"1000000000" zero:"no limit" help:"rows copied in a second"`
}
