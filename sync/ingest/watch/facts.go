package watch

import (
	"slices"

	"github.com/weirstreams/weir/sync/ingest/route"
)

// Facts is what one look at the catalogue has found: the tables whose changes are
// published and wanted, by their oids.
type Facts map[uint32]Table

// Table is a table under whose name changes are published. A partitioned one that is
// published as a whole stands for its partitions.
type Table struct {
	OID    uint32 `json:"oid"`
	Schema string `json:"schema"`
	Name   string `json:"name"`
	// Membership tells one publishing of the table from another: it changes with row
	// filters, and when the table was taken out of a publication and put back.
	Membership string `json:"membership"`
	// Identity is pg_class.relreplident. Primary are the primary key's columns in
	// its order, Index those of the replica identity's index in the table's order.
	Identity string  `json:"identity"`
	Primary  []int16 `json:"primary"`
	Index    []int16 `json:"index"`
	// Keyless is how keys are made for its rows if they have none, "" if they do.
	Keyless route.NoKey `json:"keyless,omitempty"`
	// Columns are those that are published, in the table's order. Last is the
	// highest number that a column of the table ever had.
	Columns []Column `json:"columns"`
	Last    int16    `json:"last"`
	// Parts are what has the rows: the partitions, or the table itself.
	Parts []Part `json:"parts"`
}

// Column is a column. Its number stays its own for as long as it exists, whatever its
// name and place among the others.
type Column struct {
	Num      int16  `json:"num"`
	Name     string `json:"name"`
	Type     uint32 `json:"type"`
	Modifier int32  `json:"modifier"`
	// Filled is set if rows that are older than the column have a value in it that
	// no event tells of.
	Filled bool `json:"filled"`
	// Version is the transaction that has changed the column's entry last.
	Version string `json:"version"`
}

// Part is a table with a file of its own.
type Part struct {
	OID  uint32 `json:"oid"`
	File uint32 `json:"file"`
	// Empty is set if a part that was not there at the look before has no rows.
	Empty bool `json:"empty"`
}

// String is the table's schema and name, for messages.
func (t Table) String() string { return t.Schema + "." + t.Name }

// parted tells whether the rows lie in partitions.
func (t Table) parted() bool { return len(t.Parts) != 1 || t.Parts[0].OID != t.OID }

func (t Table) column(num int16) (Column, bool) {
	for _, c := range t.Columns {
		if c.Num == num {
			return c, true
		}
	}
	return Column{}, false
}

func (t Table) part(oid uint32) (Part, bool) {
	for _, p := range t.Parts {
		if p.OID == oid {
			return p, true
		}
	}
	return Part{}, false
}

// key are the columns whose values are the keys of the table's events, chosen as
// event.NewTable chooses them; nil if there are none.
func (t Table) key(routed []string) []int16 {
	switch {
	case len(routed) > 0:
		return t.numbers(routed)
	case len(t.Primary) > 0 && (t.Identity == "d" || t.Identity == "f"):
		return t.Primary
	case t.Identity == "i":
		return t.Index
	}
	return nil
}

func (t Table) numbers(names []string) []int16 {
	var nums []int16
	for _, name := range names {
		i := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
		if i < 0 {
			return nil
		}
		nums = append(nums, t.Columns[i].Num)
	}
	return nums
}
