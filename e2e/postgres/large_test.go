package postgres_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/wire"
	"github.com/weirstreams/weir/e2e/postgres/atomic"
	"github.com/weirstreams/weir/e2e/postgres/event"
)

const mib = 1 << 20

// T15: transactions that are much larger than memory may be, of many rows and of large
// ones. Readers see all of one or nothing of it, also when the server dies in the middle.
func TestLargeTransactions(t *testing.T) {
	const streams = 4 * mib // of the server's own, beside what the ingester may take
	for _, c := range []struct {
		name           string
		rows, rowBytes int
		memory         int // of the buffer, of a transaction, and of a row
	}{
		{"rows", sized(500_000, 5_000_000), 200, 16 * mib},
		{"large rows", sized(3, 100), 10 * 1000 * 1000, 48 * mib},
	} {
		t.Run(c.name, func(t *testing.T) {
			bulk := table{Name: "bulk", Key: []string{"id"}}
			l := newLab(t, setup{
				SQL: []string{
					`create table bulk (id int primary key, v text)`,
					`alter table bulk alter column v set storage external`,
				},
				Env: map[string]string{
					"DS_LIMITS__MAX_MEMORY_BYTES": fmt.Sprint(streams),
					"DS_SYNC__MAX_ROW_BYTES":      fmt.Sprint(c.memory),
					"DS_SYNC__BUFFER_BYTES":       fmt.Sprint(c.memory),
					"DS_SYNC__TX_ATOMIC_BYTES":    fmt.Sprint(c.memory),
				},
			})
			readers := l.watchWhole(bulk, c.rows)
			before, most := l.memory("VmRSS"), streams+2*c.memory+3*c.rowBytes+64*mib
			bounded := func() {
				t.Helper()
				grown := l.memory("VmHWM") - before
				t.Logf("memory grew by %d MiB", grown/mib)
				if grown > most {
					t.Errorf("memory: got %d bytes more than before, want at most %d", grown, most)
				}
			}
			l.exec(fmt.Sprintf(`insert into bulk select i, repeat('a', %d) from generate_series(1, %d) i`, c.rowBytes, c.rows))
			for range sized(2, 10) {
				l.await("the middle of the transaction", l.received(c.rows*c.rowBytes))
				bounded()
				l.killWeir()
			}
			l.quiesce()
			bounded()
			l.sawWhole(readers, c.rows)
			l.numbered(bulk, c.rows, c.rowBytes)
		})
	}
}

// received asks whether the server, since it was started, has received some part of so
// many bytes, but not nearly all.
func (l *lab) received(size int) func() (bool, error) {
	part := int64(size) * (10 + l.random.Int64N(70)) / 100
	return func() (bool, error) {
		now, err := l.pipeline()
		return now.BytesIn > part, err
	}
}

// watchWhole has readers follow a table that has all of its rows at once.
func (l *lab) watchWhole(t table, rows int) (readers []*atomic.Reader) {
	ctx, stop := context.WithCancel(context.Background())
	judge := func(changes int) error {
		if changes != 0 && changes != rows {
			return fmt.Errorf("got %d rows, want none or all %d", changes, rows)
		}
		return nil
	}
	for _, mode := range []atomic.Mode{atomic.SSE, atomic.LongPoll} {
		readers = append(readers, atomic.Count(ctx, l.client, streamOf(t.Name), mode, judge))
	}
	l.t.Cleanup(func() {
		stop()
		for _, r := range readers {
			r.Wait()
		}
	})
	return readers
}

// sawWhole waits for readers to have so many events, and wants no fault.
func (l *lab) sawWhole(readers []*atomic.Reader, want int) {
	l.t.Helper()
	for _, r := range readers {
		l.await("a reader at the end of its stream", func() (bool, error) {
			events, _ := r.Seen()
			return events >= want, nil
		})
		for _, fault := range r.Faults() {
			l.t.Error(fault)
		}
	}
}

// bulkRow is an event of a table of large transactions.
type bulkRow struct {
	Key     string
	Value   struct{ V string }
	Headers event.Headers
}

// numbered holds that a stream tells of rows 1, 2 and so on, all of one transaction and
// each with so many bytes, and of nothing else. It is for streams that are too large for
// check.
func (l *lab) numbered(t table, rows, rowBytes int) {
	l.t.Helper()
	n, txid := 0, ""
	l.must(l.client.Pages(l.t.Context(), streamOf(t.Name), "-1", func(page wire.Response) error {
		var events []bulkRow
		if err := json.Unmarshal(page.Body, &events); err != nil {
			return err
		}
		for _, e := range events {
			if e.Headers.Control != "" { // the copy of an empty table
				continue
			}
			if n++; n == 1 {
				txid = e.Headers.TxID
			}
			want := event.Headers{
				Operation: event.Insert, TxID: txid, Last: n == rows,
				Timestamp: e.Headers.Timestamp, Position: e.Headers.Position,
			}
			if e.Key != fmt.Sprint(n) || len(e.Value.V) != rowBytes || e.Headers != want {
				return fmt.Errorf("event %d: got key %q, %d bytes, %+v, want %d bytes, %+v", n, e.Key, len(e.Value.V), e.Headers, rowBytes, want)
			}
		}
		return nil
	}))
	if n != rows {
		l.t.Errorf("got %d events, want %d", n, rows)
	}
}

// memory returns a figure of the server's memory, in bytes.
func (l *lab) memory(name string) int {
	l.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", l.weir.PID()))
	l.must(err)
	_, rest, _ := bytes.Cut(text, []byte(name+":"))
	var kib int
	if _, err := fmt.Sscan(string(rest), &kib); err != nil {
		l.t.Fatalf("%s: %v", name, err)
	}
	return kib << 10
}
