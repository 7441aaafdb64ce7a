package assemble_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/route"
	"github.com/weirstreams/weir/sync/ingest/rowkey"
)

// keylessDefaults are options for bag and log.
func keylessDefaults(t *testing.T) assemble.Options {
	return defaults(t, "table: public.bag, no_key: hash", "table: public.log, no_key: append")
}

// TestLog: the key of a row is its place in the order of all events, and a row that is
// changed ends the session.
func TestLog(t *testing.T) {
	r := newRig(t, keylessDefaults(t))
	r.do(&pgoutput.Insert{Relation: tableLog, New: row("a")}, &pgoutput.Insert{Relation: tableLog, New: row("a")})
	r.want("pg/public/log",
		`{"type":"log","key":"0000000000001030-0000000000001010-00000000","value":{"v":"a"},"headers":{"operation":"insert"}}`,
		`{"type":"log","key":"0000000000001030-0000000000001020-00000000","value":{"v":"a"},"headers":{"operation":"insert"}}`)
	for _, m := range []pgoutput.Message{
		&pgoutput.Update{Relation: tableLog, OldKind: pgoutput.OldRow, Old: row("a"), New: row("b")},
		&pgoutput.Delete{Relation: tableLog, OldKind: pgoutput.OldRow, Old: row("a")},
	} {
		if err := r.send(r.tx(m)); !errors.Is(err, assemble.ErrLogChanged) || !strings.HasPrefix(err.Error(), "table public.log: ") {
			t.Errorf("%T: got error %v, want %v about the table", m, err, assemble.ErrLogChanged)
		}
	}
}

// TestBag: equal rows are told apart by a number, of which the highest goes first.
func TestBag(t *testing.T) {
	r := newRig(t, keylessDefaults(t))
	x, y := row("r", "1"), row("r", null)
	r.do(&pgoutput.Insert{Relation: tableBag, New: x}, &pgoutput.Insert{Relation: tableBag, New: x}, &pgoutput.Insert{Relation: tableBag, New: y})
	r.do(
		&pgoutput.Delete{Relation: tableBag, OldKind: pgoutput.OldRow, Old: x},
		&pgoutput.Update{Relation: tableBag, OldKind: pgoutput.OldRow, Old: y, New: x},
		&pgoutput.Update{Relation: tableBag, OldKind: pgoutput.OldRow, Old: x, New: row("r", same)},
		&pgoutput.Delete{Relation: tableBag, OldKind: pgoutput.OldRow, Old: y},
	)
	hx, hy := hashOf(x), hashOf(y)
	insert := `{"type":"bag","key":"%s-%d","value":{"room":"r","v":%s},"headers":{"operation":"insert"}}`
	end := `{"type":"bag","key":"%s-%d","headers":{"operation":"delete"}}`
	r.want("pg/public/bag",
		fmt.Sprintf(insert, hx, 1, `"1"`), fmt.Sprintf(insert, hx, 2, `"1"`), fmt.Sprintf(insert, hy, 1, "null"),
		fmt.Sprintf(end, hx, 2),
		fmt.Sprintf(end, hy, 1), fmt.Sprintf(insert, hx, 2, `"1"`),
		strings.Replace(fmt.Sprintf(insert, hx, 2, `"1"`), "insert", "update", 1),
		fmt.Sprintf(end, hy, 1)) // a row that nobody knows
}

// hashOf is what the keys of a row of the bag begin with.
func hashOf(r pgoutput.Tuple) string {
	var h rowkey.Hasher
	for i, c := range r {
		if c.Kind == pgoutput.Text {
			h.Add(tableBag.Columns[i].Name, c.Value)
		}
	}
	return string(h.Append(nil))
}

// TestBagNeedsOldRows: what a row was has to be known as a whole.
func TestBagNeedsOldRows(t *testing.T) {
	r := newRig(t, keylessDefaults(t))
	for _, m := range []pgoutput.Message{
		&pgoutput.Update{Relation: tableBag, New: row("r", "1")},
		&pgoutput.Update{Relation: tableBag, OldKind: pgoutput.OldKey, Old: row("r", null), New: row("r", "1")},
		&pgoutput.Delete{Relation: tableBag, OldKind: pgoutput.OldKey, Old: row("r", null)},
	} {
		if err := r.send(r.tx(m)); !errors.Is(err, event.ErrOldRows) {
			t.Errorf("%T: got error %v, want %v", m, err, event.ErrOldRows)
		}
	}
}

// copies is one that has what some transactions have done.
type copies struct {
	covered []uint32
	owed    []string
}

func (c *copies) Covered(t *event.Table, xid uint32, commit lsn.LSN) bool {
	return t.Keyless != "" && commit > 0 && slices.Contains(c.covered, xid)
}

func (c *copies) Owed(t *event.Table, stream string, hash []byte) {
	c.owed = append(c.owed, fmt.Sprint(t.Name(), " ", stream, " ", string(hash)))
}

// touching notes what a copy is told of.
type touching []string

func (w *touching) Table(*event.Table) {}
func (w *touching) Touched(t *event.Table, xid uint32, key []byte) {
	*w = append(*w, fmt.Sprintf("%s %d %x", t.Relation.Name, xid, key))
}
func (w *touching) Truncated(*event.Table, uint32) {}

// TestCovered: a copy of a table without a key is asked about each change, and told of
// rows that have ended before it has come to them.
func TestCovered(t *testing.T) {
	c, w := &copies{}, &touching{}
	o := keylessDefaults(t)
	o.Copies, o.Watch = c, w
	r := newRig(t, o)
	x := row("r", "1")
	everything := []pgoutput.Message{
		&pgoutput.Insert{Relation: tableBag, New: x}, &pgoutput.Insert{Relation: tableLog, New: row("a")},
		&pgoutput.Update{Relation: tableBag, OldKind: pgoutput.OldRow, Old: x, New: row("r", "2")},
		&pgoutput.Update{Relation: tableLog, OldKind: pgoutput.OldRow, Old: row("a"), New: row("b")},
		&pgoutput.Delete{Relation: tableBag, OldKind: pgoutput.OldRow, Old: x}, &pgoutput.Delete{Relation: tableLog, OldKind: pgoutput.OldRow, Old: row("b")},
		&pgoutput.Truncate{Relations: []*pgoutput.Relation{tableBag, tableLog}},
		&pgoutput.Insert{Relation: toasted, New: row("1", "n", "v")},
	}
	c.covered = []uint32{7}
	r.do(everything...)
	r.want("pg/public/bag")
	r.want("pg/public/log")
	r.want("pg/public/t", `{"type":"t","key":"1","value":{"id":"1","n":"n","v":"v"},"headers":{"operation":"insert"}}`)
	r.do(
		&pgoutput.Delete{Relation: tableBag, OldKind: pgoutput.OldRow, Old: x},
		&pgoutput.Insert{Relation: tableBag, New: x}, &pgoutput.Delete{Relation: tableBag, OldKind: pgoutput.OldRow, Old: x},
		&pgoutput.Truncate{Relations: []*pgoutput.Relation{tableLog}},
	)
	if want := []string{"public.bag pg/public/bag " + hashOf(x)}; !slices.Equal(c.owed, want) {
		t.Errorf("owed: got %q, want %q", c.owed, want)
	}
	want := []string{"t 7 31", "bag 8 00000008", "bag 8 00000008", "bag 8 00000008", "log 8 00000008"}
	if !slices.Equal(*w, want) {
		t.Errorf("touched: got %q, want %q", *w, want)
	}
}

// TestKeylessPolicy: without one a table with no key is refused.
func TestKeylessPolicy(t *testing.T) {
	o := defaults(t)
	o.Event.NoKey = route.NoKeyAppend
	r := newRig(t, o)
	r.do(&pgoutput.Insert{Relation: tableLog, New: row("a")})
	r = newRig(t, defaults(t))
	if err := r.send(r.tx(&pgoutput.Insert{Relation: tableLog, New: row("a")})); !errors.Is(err, event.ErrNoKey) {
		t.Errorf("got error %v, want %v", err, event.ErrNoKey)
	}
}
