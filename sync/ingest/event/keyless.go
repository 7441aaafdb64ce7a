package event

import (
	"errors"
	"fmt"

	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/route"
	"github.com/weirstreams/weir/sync/ingest/rowkey"
)

// What keeps a table without a key from having keys made for its rows.
var (
	// ErrOldRows says that the old row of a change is needed and was not sent: a
	// partition tells less than its root.
	ErrOldRows = errors.New("a change did not tell the whole old row, and DS_SYNC__NO_KEY=hash needs it: " +
		"run ALTER TABLE … REPLICA IDENTITY FULL for each of its partitions, and then POST /sync/resync")
	// ErrKeyedStreams says that the streams of a table's rows go by a key that they
	// do not have.
	ErrKeyedStreams = errors.New("the template of its streams has {key}, and the table has no key")
)

// Keyless is what is done with a table if it has no key.
func (c *Config) Keyless(schema, table string) route.NoKey {
	if rt := c.Routes.For(schema, table); rt != nil && rt.NoKey != "" {
		return rt.NoKey
	}
	return c.NoKey
}

// setKeyless has keys made for the rows of a table without one, if that is wanted and
// can be.
func (t *Table) setKeyless(policy route.NoKey) error {
	switch {
	case policy != route.NoKeyAppend && policy != route.NoKeyHash:
		return fmt.Errorf("key of %s: %w", t.name, ErrNoKey)
	case policy == route.NoKeyHash && t.Relation.Identity != pgoutput.IdentityFull:
		return fmt.Errorf("key of %s: %w, and DS_SYNC__NO_KEY=hash needs REPLICA IDENTITY FULL", t.name, ErrNoKey)
	case t.stream.PerKey():
		return fmt.Errorf("streams of %s: %w", t.name, ErrKeyedStreams)
	}
	t.Keyless = policy
	return nil
}

// AppendHash appends what the keys of a row of a table begin with that is hashed. All
// values of the row have to be known.
func (t *Table) AppendHash(dst []byte, row pgoutput.Tuple) []byte {
	for i := range row {
		if row[i].Kind == pgoutput.Text {
			t.hasher.Add(t.Relation.Columns[i].Name, row[i].Value)
		}
	}
	return t.hasher.Append(dst)
}

// NumberAt is where the number of a row's key belongs in an event that was appended
// with a hash alone as its key.
func (t *Table) NumberAt() int { return len(t.head) + len(`"`) + rowkey.HashBytes }
