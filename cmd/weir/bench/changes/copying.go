package changes

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/weirstreams/weir/cmd/weir/bench/figures"
	"github.com/weirstreams/weir/cmd/weir/bench/weirproc"
)

// stillTime is for how long a stream has not grown when a copy has ended. It is not
// part of the time that is measured.
const stillTime = 3 * time.Second

// copying measures COPY by psql and a server's first copy of the same table, by
// turns. The server's time is from its start to the last growth of the stream, and
// besides from the stream's beginning: until then it makes its slot and its streams.
func copying(ctx context.Context, l *lab, s *figures.Sheet) error {
	w := largeLoad
	rows := l.size(&w)
	if err := l.prepare(ctx, &w); err != nil {
		return err
	}
	if err := w.fill(ctx, l, 0, rows); err != nil {
		return err
	}
	if err := l.exec(ctx, fmt.Sprintf("vacuum analyze %s.orders", name), "checkpoint"); err != nil {
		return err
	}
	var raw, weir []ran
	for range l.Repeats {
		r, err := l.copyOut(ctx)
		if err != nil {
			return err
		}
		raw = append(raw, r)
		if r, err = l.copyIn(ctx, &w, rows); err != nil {
			return err
		}
		weir = append(weir, r)
	}
	s.Count("rows", "rows", int64(rows))
	for _, side := range []struct {
		name, what string
		runs       []ran
	}{{"raw_", "COPY", raw}, {"weir_", "weir", weir}} {
		whole := median(side.runs, ran.seconds)
		s.Number(side.name+"seconds", side.what, whole, "s")
		s.Number(side.name+"rows_per_second", side.what, float64(rows)/whole, "rows/s")
	}
	s.Number("weir_first_seconds", "weir, copy begins after", median(weir, func(r ran) float64 { return r.first.Seconds() }), "s")
	s.Number("ratio", "ratio", median(raw, ran.seconds)/median(weir, ran.seconds), "")
	s.Number("ratio_from_first", "ratio from the beginning of the copy", median(raw, ran.seconds)/median(weir, ran.afterFirst), "")
	return nil
}

// copyOut throws the table away by COPY.
func (l *lab) copyOut(ctx context.Context) (ran, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(l.bin, "psql"), "-X", "-q", "-d", l.url, "-c", "copy "+name+".orders to stdout")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	began := time.Now()
	// Without a place for its output that is the null device.
	if err := cmd.Run(); err != nil {
		return ran{}, fmt.Errorf("copy the table by psql: %w", err)
	}
	return ran{whole: time.Since(began)}, nil
}

// copyIn lets a new server copy the table.
func (l *lab) copyIn(ctx context.Context, w *load, rows int) (r ran, err error) {
	dir := l.data("streams")
	if err := errors.Join(os.RemoveAll(dir), l.dropSlot(ctx, name)); err != nil {
		return ran{}, err
	}
	env := l.environment(dir, w.template)
	env["DS_SYNC__SNAPSHOT"], env["DS_SYNC__SNAPSHOT_WORKERS"] = "auto", "4"
	began := time.Now()
	p, err := weirproc.Start(ctx, env)
	if err != nil {
		return ran{}, err
	}
	defer func() { err = errors.Join(err, p.Stop(), os.RemoveAll(dir)) }()
	url := p.URL + w.stream(0)
	first, end, err := l.still(ctx, p, url)
	if err != nil {
		return ran{}, err
	}
	got, err := countEvents(ctx, url)
	if err == nil && got != rows {
		err = fmt.Errorf("the stream has %d events after the copy, want %d", got, rows)
	}
	return ran{whole: end.Sub(began), first: first.Sub(began)}, err
}

// still waits until the stream is there and does not grow any more, and returns since
// when both is so.
func (l *lab) still(ctx context.Context, p *weirproc.Process, url string) (first, since time.Time, err error) {
	shown := l.env.Progress("copy: reading by weir", elapsed)
	defer shown.End()
	tail, began := "", time.Now()
	for since = began; tail == "" || time.Since(since) < stillTime; {
		now, err := tailOf(ctx, url)
		if err != nil {
			return first, since, err
		}
		if now != tail {
			since = time.Now()
			if tail == "" {
				first = since
			}
			tail = now
			shown.At(int64(since.Sub(began)), -1)
		}
		if err := p.Pause(ctx, lookEvery); err != nil {
			return first, since, err
		}
	}
	return first, since, nil
}

// tailOf is the offset behind a stream's last event, "" if it is not there.
func tailOf(ctx context.Context, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", fmt.Errorf("look at stream: %w", err)
	}
	resp.Body.Close()
	return resp.Header.Get("Stream-Next-Offset"), nil
}
