package changes

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/weirstreams/weir/cmd/weir/bench/figures"
	"github.com/weirstreams/weir/cmd/weir/bench/procfs"
	"github.com/weirstreams/weir/cmd/weir/bench/weirproc"
)

const (
	idleTime   = 60 * time.Second
	settleTime = 2 * time.Second // after the beginning
)

// idle looks at a server while nothing changes but what it does itself. Syncs are
// those of its tier, which the server counts.
func idle(ctx context.Context, l *lab, s *figures.Sheet) (err error) {
	p, err := l.live(ctx, &latencyLoad)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Stop()) }()
	if err := p.Pause(ctx, settleTime); err != nil {
		return err
	}
	period := idleTime
	if l.Duration > 0 {
		period = l.Duration
	}
	syncs, err := countSyncs(ctx, p.Admin)
	if err != nil {
		return err
	}
	cpu, err := procfs.CPU(p.PID())
	if err != nil {
		return err
	}
	began := time.Now()
	if err := l.wait(ctx, p, period); err != nil {
		return err
	}
	took := time.Since(began).Seconds()
	used, cpuErr := procfs.CPU(p.PID())
	after, syncsErr := countSyncs(ctx, p.Admin)
	s.Number("seconds", "measured", took, "s")
	s.Number("cpu_percent", "CPU", 100*(used-cpu).Seconds()/took, "% of a core")
	s.Number("syncs_per_10s", "syncs", float64(after-syncs)/took*10, "in 10s")
	return errors.Join(cpuErr, syncsErr)
}

// wait waits for the period and shows how much of it is over.
func (l *lab) wait(ctx context.Context, p *weirproc.Process, period time.Duration) error {
	shown := l.env.Progress("idle: watching", elapsed)
	defer shown.End()
	for began := time.Now(); time.Since(began) < period; {
		if err := p.Pause(ctx, min(time.Second, period-time.Since(began))); err != nil {
			return err
		}
		shown.At(int64(min(time.Since(began), period)), int64(period))
	}
	return nil
}

// countSyncs adds up what the metrics say of syncs.
func countSyncs(ctx context.Context, admin string) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, admin+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("read metrics: %w", err)
	}
	defer resp.Body.Close()
	return sumSyncs(resp.Body)
}

func sumSyncs(r io.Reader) (int64, error) {
	sum, found := 0.0, false
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		name, _, _ := strings.Cut(lines.Text(), "{")
		if name != "weir_store_syncs_total" && name != "weir_acid_syncs_total" {
			continue
		}
		fields := strings.Fields(lines.Text())
		value, err := strconv.ParseFloat(fields[len(fields)-1], 64)
		if err != nil {
			return 0, fmt.Errorf("read metrics: %w", err)
		}
		sum, found = sum+value, true
	}
	if err := lines.Err(); err != nil {
		return 0, fmt.Errorf("read metrics: %w", err)
	}
	if !found {
		return 0, errors.New("read metrics: they have no number of syncs")
	}
	return int64(sum), nil
}
