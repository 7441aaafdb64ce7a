package postgres_test

import (
	"fmt"
	"testing"
)

// T19: an update that leaves a value out of line alone still gives the whole row,
// whatever the replica identity is, and whatever else happens to the row.
func TestToast(t *testing.T) {
	identities := map[string]string{
		"by_default": `replica identity default`,
		"by_full":    `replica identity full`,
		"by_index":   `replica identity using index by_index_id`,
	}
	s := setup{}
	for name, identity := range identities {
		s.SQL = append(s.SQL,
			fmt.Sprintf(`create table %s (key text primary key, id int not null, title text, body text)`, name),
			fmt.Sprintf(`create unique index %[1]s_id on %[1]s (id)`, name),
			fmt.Sprintf(`alter table %s alter body set storage external`, name),
			fmt.Sprintf(`alter table %s %s`, name, identity),
			fmt.Sprintf(`insert into %s select 'copied ' || i, i, 'first', repeat('x', 3000 + i) from generate_series(1, 200) i`, name),
		)
		key := "key"
		if name == "by_index" {
			key = "id" // the index is all that a delete tells
		}
		s.Tables = append(s.Tables, table{Name: name, Key: []string{key}})
	}
	l := newLab(t, s)
	for name := range identities {
		for _, sql := range []string{
			`update %s set title = 'second' where id between 1 and 150`,
			`update %s set body = repeat('y', 4000) where id between 20 and 30`,
			`update %s set body = body || 'longer' where id = 31`,
			`update %s set key = 'moved ' || id, id = id + 1000 where id between 40 and 60`,
			`update %s set title = 'after the move' where id between 1045 and 1060`,
			`begin; insert into %[1]s values ('fresh', 500, 'a', repeat('z', 5000));
				update %[1]s set title = 'b' where id = 500;
				update %[1]s set key = 'fresh and moved', id = 501 where id = 500;
				update %[1]s set title = 'c' where id = 501; commit`,
			`begin; delete from %[1]s where id = 70;
				insert into %[1]s values ('copied 70', 70, 'again', repeat('n', 6000));
				update %[1]s set title = 'last' where id = 70; commit`,
			`update %s set body = null where id = 71`,
			`update %s set title = 'of a null body' where id = 71`,
		} {
			l.exec(fmt.Sprintf(sql, name))
		}
	}
	l.check()
	l.killWeir() // what is merged must not depend on what was in memory
	for name := range identities {
		l.exec(fmt.Sprintf(`update %s set title = 'after the kill'`, name))
	}
	l.check()
}

// T19, the part during a copy: rows change while they are copied.
func TestToastDuringCopy(t *testing.T) {
	rows := sized(2000, 100_000)
	docs := table{Name: "docs", Key: []string{"id"}}
	l := newLab(t, setup{Tables: []table{docs}, SQL: []string{
		`create table docs (id int primary key, title text, body text)`,
		`alter table docs alter body set storage external`,
	}})
	l.weir.Stop()
	l.exec(
		`create table late (id int primary key, title text, body text)`,
		`alter table late alter body set storage external`,
		fmt.Sprintf(`insert into late select i, 'first', repeat('x', 2500) from generate_series(1, %d) i`, rows),
	)
	l.client.Close()
	l.weir.Restart()
	for i := range 50 {
		l.exec(fmt.Sprintf(`update late set title = 'round %d' where id %% 50 = %d`, i, i))
	}
	l.settles(table{Name: "late", Key: []string{"id"}})
	l.check()
}
