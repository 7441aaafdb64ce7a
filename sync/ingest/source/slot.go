package source

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weirstreams/weir/sync/ingest/lsn"
)

// ErrSlotName says that a name can be no slot.
var ErrSlotName = errors.New("slot name: want 1 to 63 of a-z, 0-9 and _")

var slotName = regexp.MustCompile(`^[a-z0-9_]{1,63}$`)

// SlotSpec is a logical slot to create. Its plugin is pgoutput.
type SlotSpec struct {
	Name           string
	Temporary      bool // gone with the connection
	Failover       bool // kept on standbys; from Postgres 17 on
	ExportSnapshot bool
}

// Slot is a slot that was created.
type Slot struct {
	// ConsistentPoint is where its stream begins: it holds every transaction
	// that commits at or after this position.
	ConsistentPoint lsn.LSN

	// Snapshot can be imported by other sessions until the creating connection
	// runs its next command. It shows exactly the transactions that the stream
	// does not hold. Empty unless it was asked for.
	Snapshot string
}

// CreateSlot creates a slot on a replication connection. The server first
// waits for the write transactions that are open; that has no limit but ctx's.
func CreateSlot(ctx context.Context, conn *pgconn.PgConn, spec SlotSpec) (Slot, error) {
	if err := checkSlotName(spec.Name); err != nil {
		return Slot{}, err
	}
	made, err := pglogrepl.ParseCreateReplicationSlot(conn.Exec(ctx, spec.command()))
	if err != nil {
		return Slot{}, fmt.Errorf("create slot %s: %w", spec.Name, err)
	}
	point, err := lsn.Parse(made.ConsistentPoint)
	if err != nil {
		return Slot{}, fmt.Errorf("create slot %s: consistent point: %w", spec.Name, err)
	}
	return Slot{ConsistentPoint: point, Snapshot: made.SnapshotName}, nil
}

// command has the option list of Postgres 15 only where it is needed: every
// supported server still knows the older words.
func (s SlotSpec) command() string {
	command := "CREATE_REPLICATION_SLOT " + QuoteIdent(s.Name)
	if s.Temporary {
		command += " TEMPORARY"
	}
	command += " LOGICAL pgoutput"
	switch {
	case s.Failover && s.ExportSnapshot:
		return command + " (SNAPSHOT 'export', FAILOVER true)"
	case s.Failover:
		return command + " (SNAPSHOT 'nothing', FAILOVER true)"
	case s.ExportSnapshot:
		return command + " EXPORT_SNAPSHOT"
	}
	return command + " NOEXPORT_SNAPSHOT"
}

// DropSlot drops a slot on a replication connection. A slot that another
// connection uses is an error of SQLSTATE 55006.
func DropSlot(ctx context.Context, conn *pgconn.PgConn, name string) error {
	if err := checkSlotName(name); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, "DROP_REPLICATION_SLOT "+QuoteIdent(name)).ReadAll()
	if err != nil {
		return fmt.Errorf("drop slot %s: %w", name, err)
	}
	return nil
}

// checkSlotName refuses what the server would refuse, before it is asked: a
// mixed-case name would be an error much later otherwise.
func checkSlotName(name string) error {
	if !slotName.MatchString(name) {
		return fmt.Errorf("slot %q: %w", name, ErrSlotName)
	}
	return nil
}
