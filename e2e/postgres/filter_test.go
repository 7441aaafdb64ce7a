package postgres_test

import "testing"

// T27: rows move into a filter and out of it, and some columns are not published.
// What is held against the streams is what the publication lets through.
func TestFiltersAndColumns(t *testing.T) {
	l := newLab(t, setup{
		SQL: []string{
			`create table filtered (id int primary key, open bool not null, v text)`,
			`alter table filtered replica identity full`,
			`create table narrow (id int primary key, seen text, secret text)`,
			`insert into filtered select i, i % 2 = 0, 'copied' from generate_series(1, 20) i`,
			`insert into narrow select i, 'copied', 'hidden' from generate_series(1, 20) i`,
			`create publication ds_sync for table heartbeat, filtered where (open), narrow (id, seen)
				with (publish_via_partition_root = true)`,
		},
		Env: map[string]string{"DS_SYNC__PUBLICATION_MANAGE": "off"},
		Tables: []table{
			{Name: "filtered", Key: []string{"id"}, Where: "open", Uncounted: true},
			{Name: "narrow", Key: []string{"id"}, Only: []string{"id", "seen"}},
		},
	})
	for _, sql := range []string{
		`insert into filtered values (100, true, 'in'), (101, false, 'out')`,
		`update filtered set open = not open where id between 1 and 10`,
		`update filtered set v = 'changed'`,
		`update filtered set id = 200 where id = 100`,
		`update filtered set id = 201, open = true where id = 101`,
		`begin; update filtered set open = false where id = 200; update filtered set open = true where id = 200; commit`,
		`delete from filtered where id in (11, 12)`,
		`update narrow set secret = 'nobody knows' where id < 5`,
		`update narrow set seen = 'everybody knows' where id = 6`,
		`insert into narrow values (50, 'new', 'hidden')`,
		`delete from narrow where id = 7`,
	} {
		l.exec(sql)
	}
	l.check()
}

// T27, a list of columns that changes: what comes afterwards has the new ones.
func TestColumnListChanges(t *testing.T) {
	narrow := table{Name: "narrow", Key: []string{"id"}, Only: []string{"id", "seen", "later"}, Uncounted: true}
	l := newLab(t, setup{
		SQL: []string{
			`create table narrow (id int primary key, seen text, later text)`,
			`insert into narrow select i, 'copied', 'at first hidden' from generate_series(1, 20) i`,
			`create publication ds_sync for table heartbeat, narrow (id, seen) with (publish_via_partition_root = true)`,
		},
		Env: map[string]string{"DS_SYNC__PUBLICATION_MANAGE": "off"},
	})
	l.exec(
		`alter publication ds_sync set table heartbeat, narrow (id, seen, later)`,
		`update narrow set seen = 'changed'`,
	)
	l.settles(narrow)
}
