package ingest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"
)

// T13: a table is published while transactions on it are open, and the pipeline ends
// and comes back somewhere in between.
func TestTableIsAddedWithOpenTransactions(t *testing.T) {
	r, _ := watched(t)
	r.exec(thing)
	r.start()
	const seed = 13
	random := rand.New(rand.NewPCG(seed, seed))
	for i := range 8 {
		name := fmt.Sprintf("late_%d", i)
		conn := r.server.Conn(t, r.db)
		do := func(sql string) {
			t.Helper()
			if _, err := conn.Exec(context.Background(), sql); err != nil {
				t.Fatal(err)
			}
		}
		do(fmt.Sprintf(`CREATE TABLE %s (id int PRIMARY KEY, v text)`, name))
		do(fmt.Sprintf(`BEGIN; INSERT INTO %s SELECT i, 'early' FROM generate_series(1, 10) i`, name))
		restart := func(when int) {
			if random.IntN(4) == when {
				r.stop()
				r.start()
			}
		}
		restart(0)
		r.wait("the table to be published", func() bool {
			return slices.Contains(r.pipeline.Status().Tables, fmt.Sprintf(`"public"."%s"`, name))
		})
		r.exec(fmt.Sprintf(`INSERT INTO %s VALUES (100, 'beside')`, name))
		do(fmt.Sprintf(`UPDATE %s SET v = 'late' WHERE id > 5; INSERT INTO %s VALUES (50, 'late')`, name, name))
		restart(1)
		do(`COMMIT`)
		restart(2)
		r.exec(fmt.Sprintf(`DELETE FROM %s WHERE id = 3`, name))
		r.settles(name, "id")
		conn.Close(context.Background())
	}
}

// What comes of a change holds also while others write all the time: events from
// before the change are behind those of the look, and must not outlive the copy.
func TestTableIsAlteredUnderLoad(t *testing.T) {
	r, _ := watched(t)
	r.exec(thing, `CREATE UNIQUE INDEX thing_code ON thing (code)`, `CREATE SEQUENCE codes START 100`)
	r.start()
	r.settles("thing", "id")
	ctx, cancel := context.WithCancel(context.Background())
	var load sync.WaitGroup
	for i := range 2 {
		load.Go(func() { r.write(ctx, uint64(i)) })
	}
	key := "id"
	for _, c := range []struct{ sql, key string }{
		{`ALTER TABLE thing ADD COLUMN b int NOT NULL DEFAULT 7`, "id"},
		{`ALTER TABLE thing REPLICA IDENTITY USING INDEX thing_code`, "code"},
		{`ALTER TABLE thing RENAME COLUMN b TO c`, "code"},
		{`ALTER TABLE thing REPLICA IDENTITY FULL`, "id"},
		{`ALTER TABLE thing DROP CONSTRAINT thing_pkey, ADD PRIMARY KEY (code)`, "code"},
		{`ALTER TABLE thing DROP COLUMN c`, "code"},
	} {
		before := len(r.pipeline.Status().Changes)
		r.exec(c.sql)
		key = c.key
		r.wait("the change to be noticed", func() bool { return len(r.pipeline.Status().Changes) > before })
	}
	cancel()
	load.Wait()
	r.settles("thing", key)
}

// write changes rows of thing, and their keys, until ctx ends.
func (r *rig) write(ctx context.Context, seed uint64) {
	conn := r.server.Conn(r.t, r.db)
	defer conn.Close(context.Background())
	random := rand.New(rand.NewPCG(seed, 1))
	for ctx.Err() == nil {
		id := random.IntN(40)
		sql := []string{
			fmt.Sprintf(`INSERT INTO thing (id, code, n) SELECT %d, 'c' || nextval('codes'), 0 WHERE NOT EXISTS (SELECT FROM thing WHERE id = %[1]d)`, id),
			fmt.Sprintf(`UPDATE thing SET n = n + 1 WHERE id = %d`, id),
			fmt.Sprintf(`UPDATE thing SET code = 'c' || nextval('codes') WHERE id = %d`, id),
			fmt.Sprintf(`DELETE FROM thing WHERE id = %d`, id),
		}[random.IntN(4)]
		// Two may insert one row, or wait for each other: then there is no change.
		_, _ = conn.Exec(context.Background(), sql)
		pause(ctx, 2*time.Millisecond)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
