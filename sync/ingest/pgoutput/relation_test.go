package pgoutput_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/pgoutput/pgouttest"
)

func TestRelationSurvivesTheBuffer(t *testing.T) {
	var d pgoutput.Decoder
	raw := []byte(itemRelation)
	got := decodeRelation(t, &d, raw)
	for i := range raw {
		raw[i] = 0xee
	}
	mustDecode(t, &d, logRelation)
	if !reflect.DeepEqual(got, item) {
		t.Errorf("got %#v, want %#v", got, item)
	}
}

func TestRelationKeepsItsPointerWhileUnchanged(t *testing.T) {
	d := prepared(t)
	first := mustDecode(t, d, itemRelation)
	if again := mustDecode(t, d, itemRelation); again != first {
		t.Errorf("announced again: got %p, want %p", again, first)
	}
	insert := mustDecode(t, d, "I\x00\x00\x40\x01N\x00\x02nn").(*pgoutput.Insert)
	if insert.Relation != first {
		t.Errorf("in an insert: got %p, want %p", insert.Relation, first)
	}
}

// TestRelationChanges announces both shapes in one buffer, as a connection does:
// what is remembered of the first must not change with the buffer.
func TestRelationChanges(t *testing.T) {
	var d pgoutput.Decoder
	buffer := []byte(itemRelation)
	before := decodeRelation(t, &d, buffer)
	copy(buffer, strings.Replace(itemRelation, "note", "memo", 1))
	after := decodeRelation(t, &d, buffer)
	if before.Columns[1].Name != "note" || after.Columns[1].Name != "memo" {
		t.Errorf("got %q then %q, want note then memo", before.Columns[1].Name, after.Columns[1].Name)
	}
	insert := mustDecode(t, &d, "I\x00\x00\x40\x01N\x00\x02nn").(*pgoutput.Insert)
	if insert.Relation != after {
		t.Errorf("in an insert: got %#v, want %#v", insert.Relation, after)
	}
}

func decodeRelation(t *testing.T, d *pgoutput.Decoder, raw []byte) *pgoutput.Relation {
	t.Helper()
	m, err := d.Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	return m.(*pgoutput.Relation)
}

// TestDamagedRelationLeavesTheOldOne checks that nothing of a refused message
// is remembered.
func TestDamagedRelationLeavesTheOldOne(t *testing.T) {
	d := prepared(t)
	before := mustDecode(t, d, itemRelation)
	if _, err := d.Decode([]byte(itemRelation + "x")); !errors.Is(err, pgoutput.ErrMalformed) {
		t.Fatalf("got %v, want %v", err, pgoutput.ErrMalformed)
	}
	insert := mustDecode(t, d, "I\x00\x00\x40\x01N\x00\x02nn").(*pgoutput.Insert)
	if insert.Relation != before {
		t.Errorf("got %#v, want %#v", insert.Relation, before)
	}
}

func TestRelationsAreBounded(t *testing.T) {
	var d pgoutput.Decoder
	wide := &pgoutput.Relation{
		Schema: "public", Name: strings.Repeat("n", 4<<20), Identity: pgoutput.IdentityDefault,
	}
	var err error
	for id := uint32(1); id < 20 && err == nil; id++ {
		wide.ID = id
		raw := pgouttest.Encode(wide)
		if _, err = d.Decode(raw); err != nil {
			break
		}
		// A new shape takes the place of the old one, and no more room.
		raw[len(raw)-3] = 'f'
		if _, err := d.Decode(raw); err != nil {
			t.Fatalf("change the shape of relation %d: %v", id, err)
		}
	}
	if !errors.Is(err, pgoutput.ErrManyRelations) {
		t.Fatalf("got %v, want %v", err, pgoutput.ErrManyRelations)
	}
	if wide.ID < 15 {
		t.Errorf("refused relation %d, want 60 MiB to fit", wide.ID)
	}
}
