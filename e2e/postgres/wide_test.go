package postgres_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// T21: as many columns as a table can have, rows of nulls, a table of nothing but its
// key, and one of which nothing else is published.
func TestWideAndNarrow(t *testing.T) {
	const others = 1599 // with the key as many as Postgres allows
	var columns strings.Builder
	for i := range others {
		fmt.Fprintf(&columns, ", c%d bool", i)
	}
	key := []string{"id"}
	l := newLab(t, setup{
		SQL: []string{
			`create table wide (id int primary key` + columns.String() + `)`,
			`create table narrow (id int primary key, secret text)`,
			`create table lone (id int primary key)`,
			`insert into wide values (1)`, `insert into wide (id, c0, c1598) values (2, true, false)`,
			`insert into narrow values (1, 'hidden'), (2, null)`,
			`insert into lone values (1), (2)`,
			`create publication ds_sync for table heartbeat, wide, narrow (id), lone with (publish_via_partition_root = true)`,
		},
		Env: map[string]string{"DS_SYNC__PUBLICATION_MANAGE": "off"},
		Tables: []table{
			{Name: "wide", Key: key}, {Name: "narrow", Key: key, Only: key}, {Name: "lone", Key: key},
		},
	})
	everyColumn := `insert into wide values (12` + strings.Repeat(", true", others) + `)`
	l.exec(
		`insert into wide values (11)`, everyColumn,
		`update wide set c7 = false`,
		`update wide set c7 = null, c0 = null, c1598 = null where id < 12`,
		`update wide set id = 13 where id = 11`,
		`delete from wide where id = 1`,
		`insert into narrow values (11, 'hidden'), (12, null)`,
		`update narrow set secret = 'changed'`,
		`update narrow set id = 13 where id = 11`,
		`delete from narrow where id = 1`,
		`insert into lone values (11), (12)`,
		`update lone set id = 13 where id = 11`,
		`delete from lone where id = 1`,
	)
	l.check()
	text, err := l.client.ReadAll(t.Context(), streamOf("narrow"), "-1")
	l.must(err)
	if bytes.Contains(text.Bytes, []byte("secret")) {
		t.Error("stream of narrow: got the column that is not published")
	}
}
