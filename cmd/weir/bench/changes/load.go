package changes

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// load is a workload of inserts.
type load struct {
	name     string
	rows     int    // its size unless Options.Rows says otherwise
	perTx    string // how large its transactions are
	tables   []string
	key      string // the tables' primary key
	template string // of the streams
	streams  int
	// stream is the name of each stream, after is that of the row that comes last.
	stream func(i int) string
	after  string
	// fill commits rows from one number up to another.
	fill func(ctx context.Context, l *lab, from, to int) error
	// steps is in how many calls fill does it.
	steps int
}

const (
	smallStreams  = 16
	routedStreams = 10_000
	routedTx      = 100
	ownTemplate   = "pg/{schema}/{table}"
)

// columns are those of every table: six, of about 200 bytes a row.
const columns = `id bigint not null, user_id int not null, kind text not null, at timestamptz not null,
	amount numeric(10,2) not null, payload text not null`

// values make the row number i.
func values(i string) string {
	return strings.ReplaceAll(`#, (#::bigint * 7919 % 10000)::int, 'order.created', now(), (# % 100000) / 100.0,
		repeat(md5((#)::text), 3)`, "#", i)
}

// largeLoad is one transaction.
var largeLoad = load{
	name: "large", rows: 1_000_000, perTx: "all", tables: []string{"orders"}, key: "id", template: ownTemplate, streams: 1,
	stream: func(int) string { return "pg/" + name + "/orders" }, after: "pg/" + name + "/done",
	steps: 1,
	fill: func(ctx context.Context, l *lab, from, to int) error {
		return l.exec(ctx, fmt.Sprintf("insert into %s.orders select %s from generate_series(%d, %d) i", name, values("i"), from, to-1))
	},
}

// smallLoad is a transaction for each row, to one table after another.
var smallLoad = load{
	name: "small16", rows: 300_000, perTx: "1", tables: numbered("orders_", smallStreams), key: "id", template: ownTemplate, streams: smallStreams,
	stream: func(i int) string { return "pg/" + name + "/orders_" + strconv.Itoa(i) }, after: "pg/" + name + "/done",
	steps: 100,
	fill: func(ctx context.Context, l *lab, from, to int) error {
		var body strings.Builder
		for i := range smallStreams {
			fmt.Fprintf(&body, "if i %% %d = %d then insert into %s.orders_%d values (%s); commit; end if;\n",
				smallStreams, i, name, i, values("i"))
		}
		return l.exec(ctx, fmt.Sprintf("do $$ begin for i in %d..%d loop %s end loop; end $$", from, to-1, body.String()))
	},
}

// routedLoad gives each row of a transaction to another stream than the one before.
var routedLoad = load{
	name: "routed10k", rows: 1_000_000, perTx: strconv.Itoa(routedTx), tables: []string{"orders"}, key: "user_id, id",
	template: "users/{column:user_id}/orders", streams: routedStreams,
	stream: func(i int) string { return "users/" + strconv.Itoa(i) + "/orders" }, after: "users/-1/orders",
	steps: 100,
	fill: func(ctx context.Context, l *lab, from, to int) error {
		return l.exec(ctx, fmt.Sprintf(`do $$ begin for i in 0..%d loop
			insert into %s.orders select %s from generate_series(%d + i * %d, least(%d, %[4]d + (i + 1) * %[5]d) - 1) j; commit;
			end loop; end $$`, (to-from-1)/routedTx, name, values("j"), from, routedTx, to))
	},
}

func numbered(prefix string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = prefix + strconv.Itoa(i)
	}
	return names
}

// prepare makes the tables, and the publication of all of them. Nobody vacuums them
// while something is measured.
func (l *lab) prepare(ctx context.Context, w *load) error {
	sql := []string{"create schema " + name, table("done", "user_id, id")}
	published := name + ".done"
	for _, t := range w.tables {
		sql = append(sql, table(t, w.key))
		published += ", " + name + "." + t
	}
	return l.exec(ctx, append(sql, fmt.Sprintf("create publication %s for table %s", name, published))...)
}

func table(t, key string) string {
	return fmt.Sprintf("create table %s.%s (%s, primary key (%s)) with (autovacuum_enabled = false)", name, t, columns, key)
}

// run commits the rows, and then one more into a stream of its own. It returns the
// LSN behind that. Nothing waits for a sync but the last commit, which all the
// others are synced with.
func (w *load) run(ctx context.Context, l *lab, rows int) (end string, err error) {
	shown := l.env.Progress(w.name+": filling the database", count)
	defer shown.End()
	if err := l.exec(ctx, "set synchronous_commit = off"); err != nil {
		return "", err
	}
	for step := range w.steps {
		from, to := rows*step/w.steps, rows*(step+1)/w.steps
		if from == to {
			continue
		}
		if err := w.fill(ctx, l, from, to); err != nil {
			return "", err
		}
		shown.At(int64(to), int64(rows))
	}
	err = l.exec(ctx, "set synchronous_commit = on", fmt.Sprintf("insert into %s.done values (1, -1, '', now(), 0, '')", name))
	if err != nil {
		return "", err
	}
	if err := l.conn.QueryRow(ctx, "select pg_current_wal_lsn()::text").Scan(&end); err != nil {
		return "", fmt.Errorf("ask for the end of the log: %w", err)
	}
	// One more commit, so that there is something at the end; and what was written
	// is not written while something is measured.
	return end, l.exec(ctx, fmt.Sprintf("insert into %s.done values (2, -1, '', now(), 0, '')", name), "checkpoint")
}

func count(n int64) string { return strconv.FormatInt(n, 10) }
