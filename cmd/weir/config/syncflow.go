package config

import "time"

// SyncFlow bounds what is on its way, and says how often the two sides talk.
type SyncFlow struct {
	// TxStreaming is whether large transactions are sent while they are open, and
	// kept on disk until they commit.
	TxStreaming string `env:"TX_STREAMING" envDefault:"off" oneof:"off spool" help:"whether large transactions are received before they commit"`

	// TxAtomicBytes, in bytes, is the largest transaction that is held in memory
	// and published in one piece.
	TxAtomicBytes Size `env:"TX_ATOMIC_BYTES" envDefault:"64MiB" min:"64KiB" max:"1TiB" help:"largest transaction published in one piece from memory"`

	// BufferBytes, in bytes, bounds the memory of what is received and not yet looked
	// at, with the garbage that gathers beside it.
	BufferBytes Size `env:"BUFFER_BYTES" envDefault:"64MiB" min:"1MiB" max:"64GiB" help:"memory for what was received from the database and waits to be processed"`

	// MaxRowBytes, in bytes, bounds one change. The driver holds it in memory
	// before it can be refused.
	MaxRowBytes Size `env:"MAX_ROW_BYTES" envDefault:"32MiB" min:"1KiB" max:"1GiB" help:"bytes of one change of a row"`

	// SpoolBytes, in bytes, bounds the disk space of open transactions.
	SpoolBytes Size `env:"SPOOL_BYTES" envDefault:"20GiB" min:"1MiB" max:"1024TiB" help:"disk space for transactions that are received before they commit"`

	// StatusInterval is how often the database is told what is stored; auto goes by
	// its wal_sender_timeout.
	StatusInterval AutoSpan `env:"STATUS_INTERVAL" envDefault:"auto" min:"100ms" max:"1h" zero:"auto" help:"how often the database is told what is stored; auto: a third of wal_sender_timeout, 10s at most"`

	// Heartbeat is whether a message goes through the database's log now and then,
	// to see that everything arrives and how late.
	Heartbeat string `env:"HEARTBEAT" envDefault:"message" oneof:"off message" help:"whether messages go through the database's log to measure the way"`

	// HeartbeatInterval is how often.
	HeartbeatInterval Span `env:"HEARTBEAT_INTERVAL" envDefault:"30s" min:"1s" max:"24h" help:"how often such a message is sent"`

	// BackoffMin and BackoffMax bound the pause between two attempts to connect.
	BackoffMin Span `env:"BACKOFF_MIN" envDefault:"250ms" min:"250ms" max:"1h" help:"shortest bound of the pause between attempts to connect"`
	BackoffMax Span `env:"BACKOFF_MAX" envDefault:"30s" min:"250ms" max:"24h" help:"longest pause between attempts to connect"`

	// LagWarnBytes, in bytes, and LagWarn, in seconds, are how far behind the
	// database the log warns.
	LagWarnBytes Size          `env:"LAG_WARN_BYTES" envDefault:"1GiB" min:"1B" max:"1024TiB" zero:"never" help:"bytes behind the database at which the log warns"`
	LagWarn      time.Duration `env:"LAG_WARN_SECONDS" envDefault:"60" min:"1" max:"31536000" zero:"never" help:"time behind the database at which the log warns"`

	// LagStopBytes, in bytes, is how far behind the slot is dropped to save the
	// database's disk. What was not read by then is lost, and tables have to be
	// copied again.
	LagStopBytes Size `env:"LAG_STOP_BYTES" envDefault:"0" min:"1B" max:"1024TiB" zero:"never" help:"bytes behind at which the slot is dropped to save the database's disk"`
}
