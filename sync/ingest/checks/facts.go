package checks

import (
	"time"

	"github.com/weirstreams/weir/sync/ingest/lsn"
)

// Facts is what one look at a server found. It is a plain value: Gather makes
// it, nobody changes it but to add History.
type Facts struct {
	Server       Server
	Settings     Settings
	Role         Role
	Slots        []Slot   // all of the server, ordered by name
	Senders      []Sender // all of the server, ordered by process id
	Publications []Publication
	Tables       []Table // the selected ones and all partitions of those
	Blockers     []Transaction
	// History holds the ends of the timelines before the server's own. It comes
	// from TIMELINE_HISTORY, which only a replication connection answers; without
	// it a new timeline counts as a divergent one.
	History []Switch
}

// Server is the instance and the database that the connection led to.
type Server struct {
	Version     int // as server_version_num: 150018
	System      uint64
	Timeline    uint32
	Database    string
	DatabaseOID uint32
	Position    lsn.LSN   // end of its log
	Now         time.Time // by its own clock
	WALRate     float64   // bytes a second since its statistics began; 0: not known
}

// Settings are the server's own, in bytes and durations.
type Settings struct {
	WALLevel        string
	MaxSlots        int
	MaxSenders      int
	SenderTimeout   time.Duration // 0: none
	SlotKeepBytes   int64         // max_slot_wal_keep_size; negative: unlimited
	DecodingMemory  int64         // logical_decoding_work_mem
	IdleSlotTimeout time.Duration // 0: none, and before version 18
	SyncStandbys    string        // synchronous_standby_names
}

// Role is who the connection runs as.
type Role struct {
	Name           string
	Replication    bool // by itself, as superuser, or by a provider's role
	CreateDatabase bool // may create objects, such as publications, in the database
}

// Slot is one row of pg_replication_slots.
type Slot struct {
	Name        string
	Type        string // physical or logical
	Plugin      string // "" for a physical slot
	Database    string // "" for a physical slot
	Temporary   bool   // it ends with the connection that reads it
	Confirmed   lsn.LSN
	Behind      int64  // bytes of log that it may still need
	Status      string // wal_status; "" when it never reserved anything
	Reason      string // why it was invalidated, where the server says (17)
	Inactive    time.Time
	SpillCount  int64
	SpillBytes  int64
	ActivePID   int32 // 0: nobody reads it
	Application string
	Client      string // address of the reader, "" by a Unix socket or if hidden
	Since       time.Time
}

// Sender is one row of pg_stat_replication.
type Sender struct {
	PID         int32
	Role        string
	Application string
	Behind      int64 // bytes
}

// Publication is a publication that the pipeline reads, if it exists.
type Publication struct {
	Name      string
	OID       uint32
	AllTables bool
	ViaRoot   bool
	Owned     bool     // we may alter it
	Publishes []string // of insert, update, delete, truncate, in this order
	Schemas   []string // that it publishes tables of, sorted
}

// Table is a table of the database.
type Table struct {
	Name        Name
	OID         uint32
	Parent      uint32 // the table that it is a partition of, or 0
	Selected    bool   // by the pattern, not only as a partition
	Partitioned bool
	Owner       string
	Owned       bool  // we may add it to a publication
	Bytes       int64 // estimated by the last vacuum or analyse
	Identity    Identity
	Columns     []string
	Primary     []string // columns of the primary key
	External    []string // columns whose values may be stored out of line
	Unreadable  bool     // we may not SELECT from it as a whole, as a copy does
	SchemaShut  bool     // we lack USAGE on its schema
	RowSecurity bool     // policies would hide rows from us
	Member      bool     // named by a publication of ours, perhaps for its partitions only
	Shares      []Share  // publications that send its changes under its own name
}

// Share is what one publication sends of a table.
type Share struct {
	Publication string
	Columns     []string // in the table's order; nil: all (before version 15)
}

// Identity is what the server sends of a row's old state (F31 in part 2.5).
type Identity struct {
	Kind    IdentityKind
	Columns []string // of the primary key or the index; nil where nothing is usable
	// Candidate is the narrowest index that REPLICA IDENTITY USING INDEX takes.
	Candidate string
}

// IdentityKind is pg_class.relreplident.
type IdentityKind byte

const (
	IdentityDefault IdentityKind = 'd'
	IdentityNothing IdentityKind = 'n'
	IdentityIndex   IdentityKind = 'i'
	IdentityFull    IdentityKind = 'f'
)

// usable tells whether the server accepts updates and deletes of the table while
// they are published.
func (i Identity) usable() bool {
	return i.Kind == IdentityFull || len(i.Columns) > 0
}

// Transaction is one that has written and not ended: a new slot waits for it.
type Transaction struct {
	PID         int32  // 0: prepared
	Application string // or the name of a prepared transaction
	Age         time.Duration
	AgeKnown    bool // false: it is another role's, and hidden from us
}

// Switch is the end of a timeline.
type Switch struct {
	Timeline uint32
	At       lsn.LSN
}

func (f *Facts) slot(name string) (Slot, bool) {
	for _, s := range f.Slots {
		if s.Name == name {
			return s, true
		}
	}
	return Slot{}, false
}

func (f *Facts) publication(name string) (Publication, bool) {
	for _, p := range f.Publications {
		if p.Name == name {
			return p, true
		}
	}
	return Publication{}, false
}
