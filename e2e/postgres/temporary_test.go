package postgres_test

import (
	"testing"

	"github.com/weirstreams/weir/e2e/internal/cutproxy"
)

// T34: streams in memory end with the server. The next one begins with a copy, and
// no slot of the one before is left.
func TestMemoryRestarts(t *testing.T) {
	l := newLab(t, setup{Memory: true, SQL: thingSQL, Tables: []table{thing}})
	for range sized(2, 10) {
		l.change()
		l.killWeir()
		l.change()
		l.settles(thing)
		l.quiesce()
		if n := resets(l.history()); n != 0 {
			t.Errorf("got %d resets in a stream that began with the server, want none", n)
		}
		l.wantSlots(1)
	}
	l.weir.Stop()
	l.wantSlots(0)
	l.weir.Restart()
	l.settles(thing)
}

func (l *lab) wantSlots(want int) {
	l.t.Helper()
	var got int
	l.await("as many slots as there are servers", func() (bool, error) {
		err := l.ask(&got, `select count(*) from pg_replication_slots`)
		return got == want, err
	})
}

// T34: a temporary slot ends with its connection, and everything begins anew, as often
// as that happens.
func TestTemporarySlotCut(t *testing.T) {
	l := newLab(t, setup{
		SQL: thingSQL, Tables: []table{thing}, Temporary: true,
		Budget: func(int) int64 { return cutproxy.NoLimit },
		Env:    map[string]string{"DS_SYNC__BACKOFF_MAX": "250ms"},
	})
	for range sized(5, 30) {
		l.change()
		before := l.history()
		l.proxy.CutAll()
		l.change()
		l.await("a reset", func() (bool, error) {
			events, err := l.read(streamOf("thing"))
			return resets(events) > resets(before), err
		})
		l.settles(thing)
	}
	l.quiesce()
	l.settles(thing)
	l.wantSlots(1)
}
