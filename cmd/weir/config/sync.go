package config

// Sync is what comes in from Postgres: the committed changes of tables, as events
// in streams. It is on as soon as a database is named, and does nothing else. Beside a
// [SyncFile] it is what the pipelines have in common.
type Sync struct {
	Source   SyncSource
	Routes   SyncRoutes
	Events   SyncEvents
	Snapshot SyncSnapshot
	Flow     SyncFlow
}

// Enabled reports whether changes come in from a database.
func (s Sync) Enabled() bool { return s.Source.URL != "" }

// SyncSource is the database, and what the server has there.
type SyncSource struct {
	// URL is the database, as a URL or a keyword string of libpq. The connection has
	// to be direct: a transaction pooler does not carry replication.
	URL string `env:"DATABASE_URL" form:"dsn" secret:"dsn" help:"database whose changes come in, by a direct connection; when unset, none"`

	// QueryURL is another way to the same database, for reads of the catalogue and
	// of single chunks. It may lead through a pooler. When it is empty, URL is used.
	QueryURL string `env:"QUERY_URL" form:"dsn" secret:"dsn" help:"the same database for short reads, perhaps through a pooler; when unset, DS_SYNC__DATABASE_URL"`

	// PasswordFile is a file with the password. It is read before every connect, so
	// that the password may change while the server runs.
	PasswordFile string `env:"DATABASE_PASSWORD_FILE" form:"file" help:"file with the database's password, read again before every connect"`

	// PasswordCommand is a command that prints the password. It is run before every
	// connect.
	PasswordCommand string `env:"DATABASE_PASSWORD_COMMAND" form:"command" help:"command that prints the database's password, run before every connect"`

	// IPFamily is the kind of address that is tried; auto tries both at once.
	IPFamily string `env:"IP_FAMILY" envDefault:"auto" oneof:"auto 4 6" help:"addresses by which the database is reached; auto tries both kinds"`

	// Publications are the names of the publications, as route.ParseNames reads
	// them. Changing them starts another history.
	Publications string `env:"PUBLICATION" envDefault:"ds_sync" form:"names" help:"publications that are read, as SQL writes their names"`

	// ManagePublication is auto when the server may create and alter the
	// publications, as far as it owns them, and off when it only looks.
	ManagePublication string `env:"PUBLICATION_MANAGE" envDefault:"auto" oneof:"auto off" help:"auto creates and alters publications that the server owns, off only verifies them"`

	// Slot is the name of the replication slot. A slot keeps the database's log
	// until its changes are stored here; whoever gives up on it must drop it.
	Slot string `env:"SLOT" envDefault:"ds_sync" form:"slot" help:"replication slot, which keeps the database's log until it is stored here"`

	// SlotMode says whether the slot outlives the connection; auto makes it
	// persistent when the storage tier is.
	SlotMode string `env:"SLOT_MODE" envDefault:"auto" oneof:"auto persistent temporary" help:"whether the slot outlives its connection; auto: if the storage survives a restart"`

	// SlotFailover asks for a slot that standbys have too; auto does on a primary
	// of version 17 or later.
	SlotFailover string `env:"SLOT_FAILOVER" envDefault:"auto" oneof:"auto on off" help:"whether standbys get the slot as well; auto: from Postgres 17 on"`

	// SlotLost is what follows the loss of the slot, and so of changes: the end of
	// the ingestion, or new copies of all tables.
	SlotLost string `env:"SLOT_LOST" envDefault:"stop" oneof:"stop resync" help:"what follows when the slot is lost: stop, or copy all tables again"`

	// DropSlotOnExit drops the slot whenever the server ends, which loses what is
	// committed until it comes back.
	DropSlotOnExit bool `env:"SLOT_DROP_ON_EXIT" envDefault:"false" help:"drop the slot when the server ends, for development"`

	// Takeover is what is done about a slot that a connection left behind still
	// holds: wait for its end, or end it if it is one of ours.
	Takeover string `env:"TAKEOVER" envDefault:"wait" oneof:"wait terminate" help:"what is done about an old connection of this server that holds the slot"`
}
