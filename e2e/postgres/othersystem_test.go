package postgres_test

import (
	"testing"

	"github.com/weirstreams/weir/sync/ingest/pgtest"
)

// E111: another database under the same address is refused until somebody asks for a
// resync. Its log is shorter: positions begin anew, below those that the streams have.
func TestAnotherDatabase(t *testing.T) {
	l := lossLab(t, "resync", nil)
	for range 4 {
		l.exec(`select pg_switch_wal()`, `update thing set v = 'in the first database'`)
	}
	l.quiesce()
	before := l.history()
	other := pgtest.Start(t, pgtest.Options{OwnSystem: true})
	other.Exec(t,
		`create table heartbeat (id int primary key, nonce text)`,
		`create table thing (id int primary key, v text)`,
		`insert into thing select i, 'of the other' from generate_series(20, 80) i`,
	)
	l.whileStopped(func() {
		l.pg, l.env["DS_SYNC__DATABASE_URL"] = other, other.URL("postgres", db)
	})
	l.failed("E111")
	l.staysFailed()
	l.resync()
	l.begunAnew(before)
	l.killWeir()
	l.change()
	l.quiesce()
	l.settles(thing)
}
