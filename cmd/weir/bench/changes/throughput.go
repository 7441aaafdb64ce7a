package changes

import (
	"context"
	"slices"

	"github.com/weirstreams/weir/cmd/weir/bench/figures"
)

// size is how many rows a load has in this run.
func (l *lab) size(w *load) int {
	if l.Rows > 0 {
		return l.Rows
	}
	return w.rows
}

// throughput measures pg_recvlogical and a server over the same log, by turns.
func throughput(w load) func(context.Context, *lab, *figures.Sheet) error {
	return func(ctx context.Context, l *lab, s *figures.Sheet) error {
		origin, end, err := l.ready(ctx, &w)
		if err != nil {
			return err
		}
		rows := l.size(&w)
		var raw, weir []ran
		for range l.Repeats {
			r, err := l.ceiling(ctx, &w, end)
			if err != nil {
				return err
			}
			raw = append(raw, r)
			if r, err = l.serve(ctx, &w, origin, end, rows); err != nil {
				return err
			}
			weir = append(weir, r)
		}
		addLoad(s, &w, rows, raw)
		addRates(s, rows, raw, weir)
		addMemory(s, weir)
		return nil
	}
}

// ready makes tables and slots, and fills the log behind them.
func (l *lab) ready(ctx context.Context, w *load) (origin, end string, err error) {
	if err := l.prepare(ctx, w); err != nil {
		return "", "", err
	}
	if origin, err = l.begin(ctx, w); err != nil {
		return "", "", err
	}
	end, err = w.run(ctx, l, l.size(w))
	return origin, end, err
}

func addLoad(s *figures.Sheet, w *load, rows int, raw []ran) {
	s.Count("rows", "rows", int64(rows))
	s.Text("rows_per_transaction", "rows in a transaction", w.perTx)
	s.Count("streams", "streams", int64(w.streams))
	s.Number("message_bytes_per_row", "bytes a row on the wire", median(raw, func(r ran) float64 { return float64(r.bytes) })/float64(rows), "B")
}

// addRates adds both sides' rates and how they compare.
func addRates(s *figures.Sheet, rows int, raw, weir []ran) {
	mb := median(raw, func(r ran) float64 { return float64(r.bytes) }) / 1e6
	for _, side := range []struct {
		name, what string
		runs       []ran
	}{{"raw_", "pg_recvlogical", raw}, {"weir_", "weir", weir}} {
		whole, after := median(side.runs, ran.seconds), median(side.runs, ran.afterFirst)
		s.Number(side.name+"seconds", side.what+", time", whole, "s")
		s.Number(side.name+"first_row_seconds", side.what+", first row after", whole-after, "s")
		s.Number(side.name+"rows_per_second", side.what+", rate", float64(rows)/whole, "rows/s")
		s.Number(side.name+"mb_per_second", side.what+", bytes", mb/whole, "MB/s")
		s.Number(side.name+"rows_per_second_from_first", side.what+", from the first row", float64(rows)/after, "rows/s")
		cpu := median(side.runs, func(r ran) float64 { return r.cpu.Seconds() })
		s.Number(side.name+"cpu_us_per_row", side.what+", CPU a row", cpu*1e6/float64(rows), "µs")
	}
	s.Number("ratio", "ratio", median(raw, ran.seconds)/median(weir, ran.seconds), "")
	s.Number("ratio_from_first", "ratio from the first row", median(raw, ran.afterFirst)/median(weir, ran.afterFirst), "")
}

const (
	mib = 1 << 20
	// growthBound is DS_SYNC__BUFFER_BYTES + DS_SYNC__TX_ATOMIC_BYTES, with their
	// defaults, + 64 MiB; three times the largest row is nothing beside it.
	growthBound = (64 + 64 + 64) * mib
)

// addMemory adds by how much the server has grown at most.
func addMemory(s *figures.Sheet, weir []ran) {
	most := 0.0
	for _, r := range weir {
		most = max(most, float64(r.growth))
	}
	s.Number("weir_growth_mib", "weir, memory grown by", most/mib, "MiB")
	s.Number("weir_growth_bound_mib", "allowed", growthBound/mib, "MiB")
}

// memory is a server alone in a large transaction.
func memory(ctx context.Context, l *lab, s *figures.Sheet) error {
	w := largeLoad
	w.name = "memory"
	origin, end, err := l.ready(ctx, &w)
	if err != nil {
		return err
	}
	r, err := l.serve(ctx, &w, origin, end, l.size(&w))
	if err != nil {
		return err
	}
	s.Count("rows", "rows", int64(l.size(&w)))
	addMemory(s, []ran{r})
	return nil
}

// median returns the middle value, the lower of two.
func median(runs []ran, value func(ran) float64) float64 {
	values := make([]float64, len(runs))
	for i, r := range runs {
		values[i] = value(r)
	}
	slices.Sort(values)
	return values[(len(values)-1)/2]
}
