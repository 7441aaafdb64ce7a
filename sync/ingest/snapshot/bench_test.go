package snapshot_test

import (
	"context"
	"io"
	"testing"
)

// BenchmarkConsistent copies a table of rows of about 200 bytes, and tells how that
// compares to a COPY which nobody looks at.
func BenchmarkConsistent(b *testing.B) {
	const rows = 300_000
	w := newWorld(b, postgres.Server(b), "",
		`CREATE TABLE rows (id bigint PRIMARY KEY, a int, b text, c timestamptz, d numeric, e boolean);
		 INSERT INTO rows SELECT n, n, repeat('x', 150), now(), n / 7.0, true FROM generate_series(1, 300000) n`, "VACUUM ANALYZE rows")
	w.o.ChunkRows = 0
	b.Run("COPY", func(b *testing.B) {
		for b.Loop() {
			if _, err := w.conn.PgConn().CopyTo(context.Background(), io.Discard, "COPY rows TO STDOUT"); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("Consistent", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			w.fresh()
			b.StartTimer()
			if _, err := w.consistent(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}
