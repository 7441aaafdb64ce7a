package postgres_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/e2e/postgres/count"
	"github.com/weirstreams/weir/e2e/postgres/fold"
	"github.com/weirstreams/weir/e2e/postgres/oracle"
)

// ordersTable makes a table whose rows go to a stream of each user. An update has
// to tell which user a row belonged to.
const ordersTable = `create table orders (id int primary key, user_id int not null, v text);
	alter table orders replica identity full`

// routesFile returns the path of a file of routes.
func routesFile(t *testing.T, routes ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "routes.yaml")
	text := "tables:\n  - " + strings.Join(routes, "\n  - ") + "\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// byUser takes each user's orders to a stream of their own.
const byUser = "{table: public.orders, template: 'users/{column:user_id}/orders'}"

func ordersOf(user string) string { return "users/" + user + "/orders" }

// T28: rows go to the streams of their users, move between them, and one user has
// most of the work.
func TestRouted(t *testing.T) {
	users := sized(100, 100_000)
	l := newLab(t, setup{SQL: []string{ordersTable}, Env: map[string]string{"DS_SYNC__ROUTES_FILE": routesFile(t, byUser)}})
	l.exec(fmt.Sprintf(`insert into orders select i, i %% %d, 'first' from generate_series(1, %d) i`, users, 5*users))
	for range sized(40, 400) {
		l.exec(
			fmt.Sprintf(`update orders set user_id = %d where id = %d`, l.random.IntN(users), 1+l.random.IntN(5*users)),
			fmt.Sprintf(`update orders set user_id = 0, v = 'to the hot one' where id = %d`, 1+l.random.IntN(5*users)),
			`update orders set v = v || '.' where user_id = 0`,
			fmt.Sprintf(`begin; update orders set user_id = %d, id = id + 1000000 where id = %d; delete from orders where id = %d; commit`,
				l.random.IntN(users), 1+l.random.IntN(5*users), 1+l.random.IntN(5*users)),
		)
	}
	l.checkOrders(users, true)
}

// checkOrders holds the streams of the first so many users against the table, and,
// if asked, their events against what was committed.
func (l *lab) checkOrders(users int, counted bool) {
	l.t.Helper()
	l.quiesce()
	rows, err := l.rows(table{Name: "orders", Key: []string{"id"}})
	l.must(err)
	of := map[string]fold.Rows{}
	for key, row := range rows {
		user := strings.TrimSpace(row["user_id"])
		if of[user] == nil {
			of[user] = fold.Rows{}
		}
		of[user][key] = row
	}
	want := l.ordersCommitted()
	for number := range users {
		user := fmt.Sprint(number)
		events, err := l.read(ordersOf(user))
		l.must(err)
		state, err := fold.Of(events)
		l.must(err)
		if found := fold.Compare(state.Type("orders"), of[user]); len(found) > 0 {
			l.t.Errorf("orders of %s, %d events, against %d rows:\n%s", user, len(events), len(of[user]), found)
		}
		if !counted {
			continue
		}
		if err := count.Check(ordersOf(user), events, want[ordersOf(user)]); err != nil {
			l.t.Error(err)
		}
	}
}

func (l *lab) ordersCommitted() (want map[string][]count.Want) {
	l.t.Helper()
	l.must(l.connected(func(conn *pgx.Conn) error {
		l.truth.Use(conn)
		committed, err := l.truth.Advance(l.t.Context())
		want = count.Expect(committed, map[oracle.Table]count.Table{
			{Schema: "public", Name: "orders"}: {
				Key: []string{"id"},
				Stream: func(row oracle.Row) string {
					user, _ := row.Get("user_id")
					return ordersOf(user.Text)
				},
				Truncated: func() []string { return nil }, // not counted
			},
		})
		return err
	}))
	return want
}
