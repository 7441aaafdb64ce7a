package postgres_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weirstreams/weir/e2e/postgres/event"
)

// T25: the table changes while rows do. Every change is followed by some of rows,
// and by a wait until the stream equals the table again: some of them take a copy.
func TestTableChanges(t *testing.T) {
	thing := table{Name: "thing", Key: []string{"id"}, Uncounted: true, Grown: true}
	l := newLab(t, setup{Tables: []table{thing}, SQL: []string{
		`create table thing (id int primary key, t_a text, n_b int)`,
		`insert into thing select i, 'copied', i from generate_series(1, 50) i`,
	}})
	changes := []string{
		`alter table thing add column t_c text`,
		`alter table thing add column t_d text not null default 'filled'`,
		`alter table thing drop column t_a`,
		`alter table thing rename column t_d to t_e`,
		`alter table thing add column t_a text default 'again'`, // another place, the old name
	}
	if everything {
		changes = append(changes,
			`alter table thing alter column n_b type bigint`,
			`alter table thing alter column n_b type numeric(10,2); alter table thing rename column n_b to t_b`,
			`alter table thing rename column t_b to n_b; alter table thing alter column n_b type int`,
			`begin; update thing set t_c = 'before'; alter table thing drop column t_c;
				update thing set t_e = 'between'; alter table thing add column t_c text default 'within';
				update thing set t_c = 'after' where id % 2 = 0; commit`,
		)
	}
	for i, sql := range changes {
		l.exec(
			fmt.Sprintf(`update thing set id = id where id <= %d`, i+1),
			sql,
			fmt.Sprintf(`insert into thing (id) values (%d)`, 1000+i),
			fmt.Sprintf(`delete from thing where id = %d`, 40+i),
		)
		l.settles(thing)
	}
	l.columnsFit("thing")
	l.check()
}

// columnsFit holds that no value ever stood under the name of another column: the
// names begin with what their values are.
func (l *lab) columnsFit(name string) {
	l.t.Helper()
	events, err := event.Read(l.t.Context(), l.client, streamOf(name))
	l.must(err)
	for i, e := range events {
		for column, value := range values(l.t, e) {
			text := strings.HasPrefix(value, `"`)
			if value != "null" && (strings.HasPrefix(column, "t_") && !text || strings.HasPrefix(column, "n_") && text) {
				l.t.Errorf("event %d, %s: column %s: got %s", i, e, column, value)
			}
		}
	}
}

// T25, the key: a table with another primary key is another state.
func TestKeyColumnChanges(t *testing.T) {
	l := newLab(t, setup{SQL: []string{
		`create table thing (id int primary key, code text not null)`,
		`insert into thing select i, 'code ' || i from generate_series(1, 50) i`,
	}})
	l.settles(table{Name: "thing", Key: []string{"id"}})
	l.exec(
		`begin; alter table thing drop constraint thing_pkey; alter table thing add primary key (code); commit`,
		`update thing set id = id + 100 where id < 10`,
	)
	l.settles(table{Name: "thing", Key: []string{"code"}})
}

// T25, the name: a table renamed has another stream, one dropped and made again
// is another table.
func TestTableRenamedAndRecreated(t *testing.T) {
	l := newLab(t, setup{SQL: []string{
		`create table thing (id int primary key, v text)`,
		`insert into thing select i, 'copied' from generate_series(1, 50) i`,
	}})
	l.exec(
		`alter table thing rename to renamed`,
		`insert into renamed values (100, 'under the new name')`,
	)
	l.settles(table{Name: "renamed", Key: []string{"id"}})
	l.exec(
		`drop table renamed`,
		`create table renamed (v text, id int primary key)`,
		`insert into renamed values ('another table', 1)`,
	)
	l.order("tables", "") // it would look by itself, but not soon
	l.settles(table{Name: "renamed", Key: []string{"id"}})
}
