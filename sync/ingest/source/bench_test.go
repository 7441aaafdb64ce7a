package source_test

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// The two shapes of load: one large transaction, and many of one row.
var loads = []struct {
	name, sql string
	rows      int
}{
	{"one=1000000rows", "insert into t select g, g, 'name ' || g, repeat('x', 120), now(), g::numeric / 3 from generate_series(1, 1000000) g", 1000000},
	{"300000x1row", `do $$ begin for g in 1..300000 loop
		insert into t values (g, g, 'name ' || g, repeat('x', 120), now(), g::numeric / 3); commit; end loop; end $$`, 300000},
}

// BenchmarkReceive reports rows a second for our receiver, which counts frames
// and does nothing else, and for pg_recvlogical on the same log.
func BenchmarkReceive(b *testing.B) {
	s := postgres.Server(b)
	for _, load := range loads {
		db := s.Database(b)
		s.ExecIn(b, db, "create table t (id int primary key, n bigint, name text, body text, at timestamptz, v numeric)",
			"create publication p for table t")
		tgt := target(b, s, db)
		from := slot(b, tgt, "base_"+db)
		s.ExecIn(b, db, load.sql)
		var end string
		if err := s.Conn(b, db).QueryRow(context.Background(), "select pg_current_wal_lsn()::text").Scan(&end); err != nil {
			b.Fatal(err)
		}
		copies := 0
		fresh := func() string {
			copies++
			name := fmt.Sprintf("copy%d_%s", copies, db)
			s.ExecIn(b, db, fmt.Sprintf("select pg_copy_logical_replication_slot('base_%s', '%s')", db, name))
			return name
		}
		b.Run(load.name+"/ours", func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				name := fresh()
				conn := replication(b, tgt)
				b.StartTimer()
				rows := receive(b, conn, name, from.ConsistentPoint, end)
				if rows != load.rows {
					b.Fatalf("rows: got %d, want %d", rows, load.rows)
				}
			}
			b.ReportMetric(float64(load.rows*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
		b.Run(load.name+"/pg_recvlogical", func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				name := fresh()
				cmd := exec.Command("/usr/lib/postgresql/15/bin/pg_recvlogical", "-d", s.URL("postgres", db), "-S", name,
					"--start", "-o", "proto_version=1", "-o", "publication_names=p", "-f", "/dev/null", "--endpos="+end)
				b.StartTimer()
				if out, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v: %s", err, out)
				}
			}
			b.ReportMetric(float64(load.rows*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// receive counts the inserts up to end.
func receive(b *testing.B, conn *pgconn.PgConn, name string, from lsn.LSN, until string) int {
	ctx := context.Background()
	end, err := lsn.Parse(until)
	if err != nil {
		b.Fatal(err)
	}
	r, err := source.Start(ctx, conn, source.StartSpec{Slot: name, Publications: []string{"p"}, From: from})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	for rows := 0; ; {
		f, err := r.Next(ctx)
		if err != nil {
			b.Fatal(err)
		}
		if f.Kind == source.XLog && f.Data[0] == 'I' {
			rows++
		}
		if f.End >= end {
			return rows
		}
	}
}

// BenchmarkNext measures what one small frame costs between socket and
// consumer, with the server's side of the wire as a loop over prepared bytes.
func BenchmarkNext(b *testing.B) {
	conn := newReplay(200)
	r := source.StartOn(conn, source.StartSpec{})
	defer r.Close()
	ctx := context.Background()
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if _, err := r.Next(ctx); err != nil {
			b.Fatal(err)
		}
	}
	runtime.KeepAlive(conn)
}
