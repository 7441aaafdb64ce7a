package changes

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/weirstreams/weir/cmd/weir/bench/procfs"
	"github.com/weirstreams/weir/cmd/weir/bench/weirproc"
)

// environment is the configuration of a server that keeps its streams in dir.
func (l *lab) environment(dir, template string) map[string]string {
	env := map[string]string{
		"DS_STORAGE__MODE":            l.Tier,
		"DS_STORAGE__DATA_DIR":        dir,
		"DS_LIMITS__MAX_STREAM_BYTES": "0",

		"DS_SYNC__DATABASE_URL":       l.url,
		"DS_SYNC__PUBLICATION":        name,
		"DS_SYNC__PUBLICATION_MANAGE": "off",
		"DS_SYNC__SLOT":               name,
		"DS_SYNC__TABLES":             name + ".*",
		"DS_SYNC__STREAM_TEMPLATE":    template,
		"DS_SYNC__SNAPSHOT":           "never",
	}
	for _, entry := range l.Set {
		name, value, _ := strings.Cut(entry, "=")
		env[name] = value
	}
	return env
}

// begin has a server make its slot, and leaves its data directory and startSlot as
// they are before the first change.
func (l *lab) begin(ctx context.Context, w *load) (origin string, err error) {
	origin = l.data("origin")
	p, err := weirproc.Start(ctx, l.environment(origin, w.template))
	if err != nil {
		return "", err
	}
	_, err = p.Streaming(ctx)
	if err = errors.Join(err, p.Stop()); err != nil {
		return "", err
	}
	return origin, l.copySlot(ctx, name, startSlot)
}

// live starts a server that streams the tables of w, which are empty. The caller stops
// it.
func (l *lab) live(ctx context.Context, w *load) (*weirproc.Process, error) {
	if err := l.prepare(ctx, w); err != nil {
		return nil, err
	}
	p, err := weirproc.Start(ctx, l.environment(l.data("streams"), w.template))
	if err != nil {
		return nil, err
	}
	if _, err := p.Streaming(ctx); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	return p, nil
}

// serve lets a server read the log from startSlot until it has the row that comes
// last. What is in the streams is counted afterwards.
func (l *lab) serve(ctx context.Context, w *load, origin, end string, rows int) (r ran, err error) {
	dir := l.data("streams")
	if err := errors.Join(os.RemoveAll(dir), os.CopyFS(dir, os.DirFS(origin)), l.copySlot(ctx, startSlot, name)); err != nil {
		return ran{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p, err := weirproc.Start(ctx, l.environment(dir, w.template))
	if err != nil {
		return ran{}, err
	}
	defer func() { err = errors.Join(err, p.Stop()) }()
	if r, err = l.watch(ctx, p, w, end); err != nil {
		return r, err
	}
	got := 0
	for i := range w.streams {
		n, err := countEvents(ctx, p.URL+w.stream(i))
		if err != nil {
			return r, err
		}
		got += n
	}
	if got != rows {
		return r, fmt.Errorf("the streams have %d events, want %d", got, rows)
	}
	return r, nil
}

// complete tells whether all rows are durable and can be read. Tiers of files have
// one log, so that with the last row all before it are durable too. The shards of
// acid have their own: there it takes the server's word to Postgres, which comes up
// to a tenth of a second later.
func (l *lab) complete(ctx context.Context, p *weirproc.Process, w *load, end string) (done bool, err error) {
	n, err := countEvents(ctx, p.URL+w.after)
	if err != nil || n == 0 || l.Tier != "acid" {
		return n > 0, err
	}
	err = l.conn.QueryRow(ctx, "select confirmed_flush_lsn >= $1::pg_lsn from pg_replication_slots where slot_name = $2", end, name).Scan(&done)
	if err != nil {
		return false, fmt.Errorf("look at slot %s: %w", name, err)
	}
	return done, nil
}

// watch takes the time until all rows are there.
func (l *lab) watch(ctx context.Context, p *weirproc.Process, w *load, end string) (r ran, err error) {
	from, err := beginning(ctx, p)
	if err != nil {
		return r, err
	}
	shown := l.env.Progress(w.name+": reading by weir", elapsed)
	defer shown.End()
	for told := from.at; ; {
		if r.first == 0 {
			if r.first, err = from.firstRow(); err != nil {
				return r, err
			}
		}
		if done, err := l.complete(ctx, p, w, end); err != nil || done {
			r.whole = time.Since(from.at)
			return r, errors.Join(err, from.until(&r))
		}
		if time.Since(told) > showEvery {
			told = time.Now()
			shown.At(int64(told.Sub(from.at)), -1)
		}
		if err := p.Pause(ctx, lookEvery); err != nil {
			return r, err
		}
	}
}

// baseline is what a server had used when it began to read changes.
type baseline struct {
	pid      int
	at       time.Time
	resident int64 // before it was connected to Postgres
	cpu      time.Duration
	moved    procfs.Moved
}

// beginning waits until the server reads changes.
func beginning(ctx context.Context, p *weirproc.Process) (b baseline, err error) {
	b.pid = p.PID()
	memory, err := procfs.MemoryOf(b.pid)
	if err != nil {
		return b, err
	}
	b.resident = memory.Resident
	if b.at, err = p.Streaming(ctx); err != nil {
		return b, err
	}
	if b.cpu, err = procfs.CPU(b.pid); err != nil {
		return b, err
	}
	b.moved, err = procfs.MovedBy(b.pid)
	return b, err
}

// firstRow is how long after the beginning the first rows came, if they are there
// now, and 0 if they are not.
func (b *baseline) firstRow() (time.Duration, error) {
	moved, err := procfs.MovedBy(b.pid)
	if err != nil || moved.Read-b.moved.Read < firstBytes {
		return 0, err
	}
	return time.Since(b.at), nil
}

// until notes what the server has used from the beginning until now.
func (b *baseline) until(r *ran) error {
	cpu, cpuErr := procfs.CPU(b.pid)
	peak, peakErr := procfs.PeakOf(b.pid)
	r.cpu, r.growth = cpu-b.cpu, peak-b.resident
	return errors.Join(cpuErr, peakErr)
}

func elapsed(n int64) string { return fmt.Sprintf("%.1fs", time.Duration(n).Seconds()) }
