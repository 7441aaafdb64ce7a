package config

// SyncEvents says what events look like, and what becomes of changes that are no
// single row.
type SyncEvents struct {
	// Headers are strict, what the protocol's schema knows, or extended by the
	// position of the change.
	Headers string `env:"HEADERS" envDefault:"strict" oneof:"strict extended" help:"headers of an event: operation, txid and timestamp, or extended by its position"`

	// OldValue is whether events carry the row as it was before. That needs tables
	// with REPLICA IDENTITY FULL.
	OldValue string `env:"OLD_VALUE" envDefault:"none" oneof:"none full" help:"whether events carry the row as it was before"`

	// Toast is where large values come from that an update has not changed, and
	// which Postgres then does not send: the stream's own last event, the old row,
	// or the table.
	Toast string `env:"TOAST" envDefault:"merge" oneof:"merge require_full reread" help:"where large values come from that an update left alone"`

	// Int8 is how 64-bit integers are written. Numbers beyond 2^53 are not exact
	// in JavaScript.
	Int8 string `env:"INT8" envDefault:"number" oneof:"number string" help:"JSON of int8"`

	// Numeric is how numeric values are written. A number may lose digits in most
	// readers.
	Numeric string `env:"NUMERIC" envDefault:"string" oneof:"string number" help:"JSON of numeric"`

	// Bytea is how binary values are written.
	Bytea string `env:"BYTEA" envDefault:"base64" oneof:"base64 hex" help:"JSON of bytea, a string"`

	// JSON is how json and jsonb are written: as they are, or as text in a string,
	// which tells the value null from NULL.
	JSON string `env:"JSON" envDefault:"verbatim" oneof:"verbatim string" help:"JSON of json and jsonb"`

	// Composite is how composite values are written.
	Composite string `env:"COMPOSITE" envDefault:"string" oneof:"string object" help:"JSON of composite types"`

	// Truncate is what a TRUNCATE becomes; auto resets the stream where one table
	// alone feeds it, and deletes row by row elsewhere.
	Truncate string `env:"TRUNCATE" envDefault:"auto" oneof:"auto reset deletes ignore stop" help:"what a TRUNCATE becomes"`

	// DDL is what follows a change of a table's columns.
	DDL string `env:"DDL" envDefault:"follow" oneof:"follow pause stop" help:"what follows a change of a table's columns"`

	// DDLBackfill copies a table again after a change of its columns that altered
	// rows without saying so.
	DDLBackfill string `env:"DDL_BACKFILL" envDefault:"auto" oneof:"auto off" help:"whether a table is copied again when its columns changed rows silently"`

	// OnBadRow is what is done with a row that cannot be an event. The stream for
	// those is <prefix>/_dead.
	OnBadRow string `env:"ON_BAD_ROW" envDefault:"stop" oneof:"stop dead_letter" help:"what is done with a row that cannot be an event"`
}
