package postgres_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/postgres/atomic"
	"github.com/weirstreams/weir/e2e/postgres/fold"
)

const mib = 1 << 20

// T15: transactions that are much larger than memory may be, of many rows and of large
// ones. Readers see all of one or nothing of it, also when the server dies meanwhile.
func TestLargeTransactions(t *testing.T) {
	for _, c := range []struct {
		name           string
		rows, rowBytes int
		memory         int // of the buffer, of a transaction, and of a row
	}{
		{"rows", sized(60_000, 500_000), 200, sized(1, 16) * mib},
		{"large rows", sized(3, 10), 10 * 1000 * 1000, 32 * mib},
	} {
		t.Run(c.name, func(t *testing.T) {
			bulk := table{Name: "bulk", Key: []string{"id"}}
			l := newLab(t, setup{
				SQL: []string{
					`create table bulk (id int primary key, v text)`,
					`alter table bulk alter column v set storage external`,
				},
				Tables: []table{bulk},
				Env: map[string]string{
					"DS_SYNC__MAX_ROW_BYTES":   fmt.Sprint(c.memory),
					"DS_SYNC__BUFFER_BYTES":    fmt.Sprint(c.memory),
					"DS_SYNC__TX_ATOMIC_BYTES": fmt.Sprint(c.memory),
				},
			})
			readers := l.watchWhole(bulk, c.rows)
			before := l.memory("VmRSS")
			l.exec(fmt.Sprintf(`insert into bulk select i, repeat('a', %d) from generate_series(1, %d) i`, c.rowBytes, c.rows))
			l.quiesce()
			grown, most := l.memory("VmHWM")-before, 2*c.memory+3*c.rowBytes+64*mib
			t.Logf("%d rows of %d bytes: memory grew by %d MiB", c.rows, c.rowBytes, grown/mib)
			if grown > most {
				t.Errorf("memory: got %d bytes more than before, want at most %d", grown, most)
			}
			l.exec(fmt.Sprintf(`update bulk set v = repeat('b', %d)`, c.rowBytes))
			for range sized(2, 10) {
				l.pause(0, 500*time.Millisecond)
				l.killWeir()
			}
			l.check()
			l.sawWhole(readers, 2*c.rows)
		})
	}
}

// watchWhole has readers follow a table whose transactions each write all rows, a
// letter of their own into every one.
func (l *lab) watchWhole(t table, rows int) (readers []*atomic.Reader) {
	ctx, stop := context.WithCancel(context.Background())
	judge := func(s *fold.State) error {
		count := make(map[string]int)
		for _, row := range s.Type(t.Name) {
			count[strings.Trim(row["v"], `"`)[:1]]++
		}
		if len(count) > 1 || len(count) == 1 && count["a"]+count["b"] != rows {
			return fmt.Errorf("rows by their letter: got %v, want all %d of one", count, rows)
		}
		return nil
	}
	for _, mode := range []atomic.Mode{atomic.SSE, atomic.LongPoll} {
		readers = append(readers, atomic.Watch(ctx, l.client, streamOf(t.Name), mode, judge))
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
