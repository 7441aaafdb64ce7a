package config

// SyncRoutes says which tables are read, and which streams they feed.
type SyncRoutes struct {
	// Tables selects the tables, as route.ParsePatterns reads it. It is needed.
	Tables string `env:"TABLES" form:"tables" help:"tables that are read: patterns, of which those with ! exclude and always win"`

	// StreamTemplate names the stream of a row, as route.ParseTemplate reads it.
	// Changing it leaves the streams that exist behind.
	StreamTemplate string `env:"STREAM_TEMPLATE" envDefault:"pg/{schema}/{table}" form:"template" help:"name of a row's stream, with {schema}, {table}, {column:NAME} and {key}"`

	// TypeTemplate is the type of a table's events, as route.ParseTypeTemplate
	// reads it.
	TypeTemplate string `env:"TYPE_TEMPLATE" envDefault:"{table}" form:"typetemplate" help:"type of a table's events, with {schema} and {table}"`

	// RoutesFile is a YAML file with what is different for some tables, as
	// route.ParseRoutes reads it.
	RoutesFile string `env:"ROUTES_FILE" form:"file" help:"YAML file with templates, keys, columns, conditions and encodings of single tables"`

	// MaxStreams bounds the streams that the ingester creates. It stops at one
	// more: a template may have been given the wrong column.
	MaxStreams int64 `env:"MAX_STREAMS" envDefault:"1000000" min:"1" max:"1000000000000" zero:"no limit" help:"streams that rows may create, beyond which ingestion stops"`

	// NoKey is what is done with tables whose rows have no key: refuse them, take
	// inserts alone, or make a key of the whole row.
	NoKey string `env:"NO_KEY" envDefault:"refuse" oneof:"refuse append hash" help:"what is done with tables without a key: refuse, take inserts alone, or hash the row"`
}
