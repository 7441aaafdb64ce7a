package postgres_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/postgres/count"
	"github.com/weirstreams/weir/e2e/postgres/event"
	"github.com/weirstreams/weir/e2e/postgres/oracle"
)

// T-C5: whatever Postgres was told it may forget is in the streams, and the server
// knows that it said so. The server is killed when it has just said it, and looked at
// while it cannot reach Postgres.
func TestConfirmed(t *testing.T) {
	proxy := newStatusProxy(t)
	l := newLab(t, setup{Workload: true, Through: proxy.listen})
	l.during(func() {
		for range sized(3, 100) {
			l.pause(50*time.Millisecond, 400*time.Millisecond)
			_, _, next := proxy.largest()
			select {
			case <-next:
			case <-time.After(patience):
				t.Fatalf("got no confirmation in %s, want one", patience)
			}
			l.weir.Kill()
			proxy.open(false)
			flush, _, _ := proxy.largest()
			l.client.Close()
			l.weir.Restart()
			l.holds(flush, l.committed())
			proxy.open(true)
			l.goesOnFrom(flush)
		}
	})
	if _, updates, _ := proxy.largest(); updates == 0 {
		t.Error("got no status update, want some")
	}
	l.check()
}

// T-C5: what is not durable is not confirmed. First nothing is known of the record, so
// that the server waits for it with changes at hand, then of the changes: the record
// becomes durable, and a confirmation can be sent, while none of them does.
func TestConfirmedOnlyWhenDurable(t *testing.T) {
	proxy, brake := newStatusProxy(t), newBrake(t)
	l := newLab(t, setup{Workload: true, Through: proxy.listen, Binary: failpointBinary(t), Env: map[string]string{
		"DS_SYNC__STATUS_INTERVAL": "100ms", "WEIR_STALL": brake.path,
	}})
	l.during(func() {
		for range sized(3, 50) {
			brake.hold("__ds/")
			l.pause(300*time.Millisecond, 600*time.Millisecond)
			before, updates, _ := proxy.largest()
			brake.hold("pg/")
			l.await("status updates while changes wait", func() (bool, error) {
				flush, n, _ := proxy.largest()
				return flush > before && n > updates+5, nil
			})
			flush, _, _ := proxy.largest()
			l.holds(flush, l.committed())
			brake.release()
		}
	})
	l.check()
}

// holds holds the streams against what was committed before an LSN.
func (l *lab) holds(end uint64, committed []oracle.Transaction) {
	l.t.Helper()
	var before []oracle.Transaction
	for _, transaction := range committed {
		if transaction.End <= end {
			before = append(before, transaction)
		}
	}
	for _, t := range l.tables {
		stream := streamOf(t.Name)
		events, err := l.read(stream)
		l.must(err)
		events = slices.DeleteFunc(events, func(e event.Event) bool { return e.Live() && e.Headers.Position.Commit() >= end })
		want := count.Expect(before, map[oracle.Table]count.Table{
			{Schema: "public", Name: t.Name}: count.OneStream(stream, t.Key...),
		})
		if err := count.Check(stream, events, want[stream]); err != nil {
			l.t.Errorf("up to the confirmed %X: %v", end, err)
		}
	}
}

// recovered is in the log after each kill, before anything else happens.
const recovered = `"message":"log replayed"`

var streamingFrom = regexp.MustCompile(`"from":"([0-9A-F]+)/([0-9A-F]+)"[^\n]*"message":"streaming"`)

// goesOnFrom waits until the server streams again, and wants it to know of all that
// Postgres was told.
func (l *lab) goesOnFrom(flush uint64) {
	l.t.Helper()
	var last []string
	l.await("a stream of changes after the kill", func() (bool, error) {
		log := l.weir.Log()
		last = streamingFrom.FindStringSubmatch(log[max(0, strings.LastIndex(log, recovered)):])
		return last != nil, nil
	})
	high, _ := strconv.ParseUint(last[1], 16, 32)
	low, _ := strconv.ParseUint(last[2], 16, 32)
	if got := high<<32 | low; got < flush {
		l.t.Errorf("the server goes on from %X, want at least the %X that Postgres was told", got, flush)
	}
}
