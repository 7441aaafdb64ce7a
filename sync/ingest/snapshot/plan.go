package snapshot

import (
	"context"
	"sync"
	"time"
)

// plan hands out segments of tables to workers: the first table until it has no more,
// then the next one. Segments are read by any number of workers at once, and appended
// one after the other: each segment has the turn after the one before it.
type plan struct {
	mu     sync.Mutex // guards what follows
	tables []*planned
}

// planned is what is left of a table.
type planned struct {
	run    *tableRun
	part   int
	block  uint32 // the next one of the part
	blocks uint32 // of a segment
	last   turn   // of the segment that was handed out last
}

// turn is passed on by a segment when it is appended; false: the rest is not wanted.
type turn chan bool

func (t turn) wait(ctx context.Context) (bool, error) {
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case on := <-t:
		return on, nil
	}
}

// segment is a range of blocks of one part, sized to become about one chunk.
type segment struct {
	of       *planned
	part     int
	from, to uint32
	// final is a segment without blocks behind all others, which ends the table.
	final         bool
	before, after turn
}

// firstBlocks is the size of a table's first segments. It is small, because values
// that lie elsewhere may make a block as large as they please.
const firstBlocks = 64

// mostBlocks bounds a segment, in blocks.
const mostBlocks = 1 << 14

func (p *plan) add(r *tableRun) {
	first := make(turn, 1)
	first <- true
	p.tables = append(p.tables, &planned{run: r, blocks: firstBlocks, last: first})
}

// next returns the next segment, nil if there is none.
func (p *plan) next() *segment {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.tables) == 0 {
		return nil
	}
	t := p.tables[0]
	parts := t.run.rec.Layout.Parts
	for t.part < len(parts) && t.block >= parts[t.part].End {
		t.part, t.block = t.part+1, 0
	}
	s := &segment{of: t, part: t.part, before: t.last, after: make(turn, 1)}
	t.last = s.after
	if t.part == len(parts) {
		s.final = true
		p.tables = p.tables[1:]
		return s
	}
	s.from = t.block
	s.to = min(s.from+t.blocks, parts[t.part].End)
	t.block = s.to
	return s
}

// wanted is how long reading a chunk should take.
const wanted = 250 * time.Millisecond

// measure learns from a segment how large the next ones should be.
func (p *plan) measure(s *segment, o *Options, rows, bytes int, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := min(
		float64(o.ChunkRows)/float64(rows+1), float64(o.ChunkBytes)/float64(bytes+1),
		float64(wanted)/float64(took+1), 4/aim)
	size := float64(s.to-s.from) * f * aim
	s.of.blocks = uint32(min(max(size, 1), mostBlocks))
}

// aim is how full a chunk should be, so that most segments are one.
const aim = 0.8
