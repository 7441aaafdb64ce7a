package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/e2e/postgres/event"
)

// T26: the replica identity changes under load. The key of the table stays the
// same, so the stream has to, and in the end it equals the table.
func TestIdentityChanges(t *testing.T) {
	thing := table{Name: "thing", Key: []string{"id"}, Uncounted: true}
	l := newLab(t, setup{Tables: []table{thing}, SQL: []string{
		`create table thing (id int primary key, code int not null unique, v text, body text)`,
		`alter table thing alter body set storage external`,
		`insert into thing select i, -i, 'copied', repeat('x', 2500) from generate_series(1, 100) i`,
	}})
	stop := l.updating()
	for range sized(1, 20) {
		for _, identity := range []string{"full", "default", "nothing", "full", "nothing", "default"} {
			l.exec(`alter table thing replica identity ` + identity)
			l.lag() // the changes under it go through
		}
	}
	stop()
	l.exec(`alter table thing replica identity default`, `update thing set v = 'last'`)
	l.settles(thing)
	l.check()
}

// T26, an index: deletes tell its columns only, so the key is theirs, and back.
func TestIdentityByIndex(t *testing.T) {
	l := newLab(t, setup{SQL: []string{
		`create table thing (id int primary key, code int not null unique, v text)`,
		`insert into thing select i, -i, 'copied' from generate_series(1, 100) i`,
	}})
	l.settles(table{Name: "thing", Key: []string{"id"}})
	l.exec(
		`alter table thing replica identity using index thing_code_key`,
		`update thing set v = 'by index' where id < 50`,
		`delete from thing where id > 90`,
	)
	l.settles(table{Name: "thing", Key: []string{"code"}})
	l.exec(`alter table thing replica identity default`, `update thing set v = 'by key' where id < 20`)
	l.settles(table{Name: "thing", Key: []string{"id"}})
}

// updating changes rows until stop is called. Without an identity Postgres refuses
// that, which is as it should be.
func (l *lab) updating() (stop func()) {
	l.t.Helper()
	conn, err := pgx.Connect(l.t.Context(), l.pg.DSN(db))
	l.must(err)
	ctx, cancel := context.WithCancel(l.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer conn.Close(context.Background())
		for i := 0; ctx.Err() == nil; i++ {
			sql := fmt.Sprintf(`update thing set v = 'round %d' where id = %d`, i, 1+i%100)
			if i%10 == 0 {
				sql = fmt.Sprintf(`delete from thing where id = %d`, 1+i%100)
			}
			_, _ = conn.Exec(context.WithoutCancel(ctx), sql)
			select {
			case <-ctx.Done():
			case <-time.After(pace / 10):
			}
		}
	}()
	return func() { cancel(); <-done }
}

// values returns the columns of an event as JSON text; none for a delete.
func values(t *testing.T, e event.Event) map[string]string {
	t.Helper()
	var columns map[string]json.RawMessage
	if e.Value != nil {
		if err := json.Unmarshal(e.Value, &columns); err != nil {
			t.Fatalf("%s: %v", e, err)
		}
	}
	texts := make(map[string]string, len(columns))
	for name, text := range columns {
		texts[name] = string(text)
	}
	return texts
}
