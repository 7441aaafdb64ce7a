package pgoutput_test

import (
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/pgoutput/pgouttest"
)

// sixColumns is a row of the width that the performance targets speak of: six
// columns, about two hundred bytes.
func sixColumns() (*pgoutput.Relation, pgoutput.Tuple) {
	relation := &pgoutput.Relation{ID: 0x5001, Schema: "public", Name: "orders", Identity: pgoutput.IdentityDefault}
	for _, name := range []string{"id", "customer", "state", "total", "placed_at", "note"} {
		relation.Columns = append(relation.Columns, pgoutput.RelationColumn{Name: name, Type: 25, Modifier: -1})
	}
	relation.Columns[0].Key = true
	return relation, pgoutput.Tuple{
		text("1234567"), text("7c9e6679-7425-40de-944b-e07fc1f90ae7"), text("shipped"),
		text("1299.50"), text("2024-05-17 09:31:07.123456+00"), text(strings.Repeat("n", 110)),
	}
}

// BenchmarkDecode decodes one row for each op: ns/op is ns a row.
func BenchmarkDecode(b *testing.B) {
	relation, row := sixColumns()
	key := make(pgoutput.Tuple, len(row))
	for i := range key {
		key[i] = null
	}
	key[0] = row[0]
	for _, bench := range []struct {
		name string
		m    pgoutput.Message
	}{
		{"insert", &pgoutput.Insert{Relation: relation, New: row}},
		{"update", &pgoutput.Update{Relation: relation, New: row}},
		{"update-full", &pgoutput.Update{Relation: relation, OldKind: pgoutput.OldRow, Old: row, New: row}},
		{"delete", &pgoutput.Delete{Relation: relation, OldKind: pgoutput.OldKey, Old: key}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			var d pgoutput.Decoder
			mustDecode(b, &d, string(pgouttest.Encode(relation)))
			raw := pgouttest.Encode(bench.m)
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := d.Decode(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
