package postgres_test

import "testing"

// T24: every way to empty a table.
func TestTruncate(t *testing.T) {
	l := newLab(t, setup{
		SQL: []string{
			`create table a (id int primary key, v text)`,
			`create table b (id serial primary key, v text)`,
			`create table child (id int primary key, a int references a)`,
			`insert into a select i, 'copied' from generate_series(1, 10) i`,
		},
		Tables: []table{
			{Name: "a", Key: []string{"id"}}, {Name: "b", Key: []string{"id"}}, {Name: "child", Key: []string{"id"}},
		},
	})
	for _, sql := range []string{
		`truncate b`, // of nothing
		`insert into b (v) values ('x'), ('y')`,
		`truncate b`,
		`insert into b (v) values ('x'), ('y')`,
		`insert into child values (1, 1), (2, 2)`,
		`truncate a, child`,
		`insert into a values (1, 'again')`,
		`insert into child values (3, 1)`,
		`truncate a cascade`,
		`truncate b restart identity`,
		`insert into b (v) values ('one again')`,
		`begin; insert into b (v) values ('gone'); truncate b; insert into b (v) values ('there');
			update b set v = 'still there'; commit`,
		`begin; insert into a values (5, 'x'); truncate b, a, child; truncate a cascade; insert into a values (6, 'y'); commit`,
		`begin; truncate a cascade; rollback`,
		`begin; savepoint s; truncate a cascade; rollback to s; insert into a values (7, 'z'); commit`,
	} {
		l.exec(sql)
	}
	l.check()
}

// T24, where the rows of a table go to many streams: each of them is emptied.
func TestTruncateRouted(t *testing.T) {
	l := newLab(t, setup{SQL: []string{ordersTable}, Env: map[string]string{"DS_SYNC__ROUTES_FILE": routesFile(t, byUser)}})
	l.exec(
		`insert into orders select i, i % 5, 'first' from generate_series(1, 100) i`,
		`truncate orders`,
		`insert into orders select i, i % 3, 'second' from generate_series(1, 50) i`,
		`begin; truncate orders; insert into orders values (1000, 4, 'third'); commit`,
	)
	l.checkOrders(5, false)
}
