package assemble_test

import (
	"context"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/pgoutput/pgouttest"
)

// altered is a database whose primary keys change.
type altered struct {
	catalogue
	key   []string
	asked int
}

func (c *altered) Facts(context.Context, *pgoutput.Relation) (event.Facts, error) {
	c.asked++
	return event.Facts{Key: c.key}, nil
}

// TestAnnouncedAgain: a table that sends whole rows is announced in the same words when
// it gets another primary key.
func TestAnnouncedAgain(t *testing.T) {
	table := relation(1, "t", pgoutput.IdentityFull, "id", "code")
	c := &altered{key: []string{"id"}}
	o := defaults(t)
	o.Catalogue = c
	r := newRig(t, o)
	announce := func() {
		if err := r.a.Handle(t.Context(), 0, pgouttest.Encode(table)); err != nil {
			t.Fatal(err)
		}
	}
	r.do(inserted(table, "1", "a"), inserted(table, "2", "b"))
	announce()
	r.do(inserted(table, "3", "c"))
	c.key = []string{"code"}
	r.do(inserted(table, "4", "d"))
	announce()
	r.do(inserted(table, "5", "e"), inserted(table, "6", "f"))
	line := func(key, id, code string) string {
		return `{"type":"t","key":"` + key + `","value":{"id":"` + id + `","code":"` + code + `"},"headers":{"operation":"insert"}}`
	}
	r.want("pg/public/t", line("1", "1", "a"), line("2", "2", "b"), line("3", "3", "c"), line("4", "4", "d"),
		line("e", "5", "e"), line("f", "6", "f"))
	if c.asked != 3 {
		t.Errorf("asked the catalogue %d times, want 3: once for each announcement", c.asked)
	}
}
