package checks

import (
	"net"
	"net/netip"
	"strconv"

	"github.com/weirstreams/weir/sync/ingest/lsn"
)

// Want is what the pipeline needs of the server, and what it remembers of it.
type Want struct {
	Target       Target
	Slot         string
	Temporary    bool // the slot ends with its connection
	NoCopies     bool // rows that are there are not copied (DS_SYNC__SNAPSHOT=never)
	Publications []string
	// WholeRows refuses updates without values that are stored out of line
	// (DS_SYNC__TOAST=require_full).
	WholeRows bool
	// Manage lets the ingester create its publication and add tables where it
	// owns them, so that their absence is no finding (DS_SYNC__PUBLICATION_MANAGE).
	Manage bool
	Routes map[Name]Route // tables without one need no column
	// MirrorSchemas are those that a mirror writes to.
	MirrorSchemas []string
	Record        *Record // nil: nothing is stored yet
	Application   string  // application_name of the replication connection
}

// Target is where a connection goes.
type Target struct {
	Role     string
	Database string
	Host     string
	Port     uint16
	SSLMode  string
	TLS      bool         // the refused connection was encrypted
	From     netip.Addr   // our own address, as far as it is known
	Resolved []netip.Addr // what Host resolves to
}

func (t Target) address() string {
	return net.JoinHostPort(t.Host, strconv.Itoa(int(t.Port)))
}

// Route is what the rows of a table need.
type Route struct {
	Template string   // of the stream
	Columns  []string // that the template names
	PerKey   bool     // the template names the key
	Key      []string // columns that were chosen for the key
	// NoKey is what is done if the table has no key; "" is NoKeyRefuse.
	NoKey string
}

// What Route.NoKey may be, as DS_SYNC__NO_KEY has it.
const (
	NoKeyRefuse = "refuse"
	NoKeyAppend = "append"
	NoKeyHash   = "hash"
)

// Record is the ingester's control record, as far as the checks need it.
type Record struct {
	System   uint64
	Timeline uint32
	Slot     string
	// Intent says that a crash came between the wish to create the slot and its
	// record: a slot that is there may be dropped and made again.
	Intent       bool
	Confirmed    lsn.LSN
	Publications map[string]uint32 // oid by name
}
