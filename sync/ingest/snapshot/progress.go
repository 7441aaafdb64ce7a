package snapshot

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Progress is how far the copy of a table is.
type Progress struct {
	Table string `json:"table"`
	State State  `json:"state"`
	// Rows and Bytes, of events, were copied so far.
	Rows  int64 `json:"rows"`
	Bytes int64 `json:"bytes"`
	// Percent is how much of the table was read; Cursor is where that ends.
	Percent float64 `json:"percent"`
	Cursor  string  `json:"cursor,omitempty"`
	// Left is how long the rest takes at the pace so far; 0: not known.
	Left time.Duration `json:"left_ns"`
	// Waiting says what for, if the copy does not go on by itself.
	Waiting string `json:"waiting,omitempty"`
}

// progress is what Progress is made of, of all tables.
type progress struct {
	mu     sync.Mutex // guards tables and what they point to
	tables map[uint32]*advance
}

type advance struct {
	Progress
	began        time.Time // of this session
	first        int64     // blocks that were read before
	done, blocks int64
}

// Progress returns how far each table is that was asked for since the start, in the
// order of their names.
func (c *Copier) Progress() []Progress {
	p := &c.progress
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]Progress, 0, len(p.tables))
	for _, a := range p.tables {
		list = append(list, a.Progress)
	}
	slices.SortFunc(list, func(a, b Progress) int { return cmp.Compare(a.Table, b.Table) })
	return list
}

func (p *progress) change(t Table, f func(a *advance)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tables == nil {
		p.tables = make(map[uint32]*advance)
	}
	a := p.tables[t.OID]
	if a == nil {
		a = &advance{Progress: Progress{Table: t.String(), State: Pending}}
		p.tables[t.OID] = a
	}
	f(a)
}

// note takes over how far a record is.
func (p *progress) note(t Table, r *record) {
	p.change(t, func(a *advance) {
		a.State, a.Rows, a.Bytes, a.Waiting = r.State, r.Rows, r.Bytes, ""
		a.done, a.blocks = r.blocks()
		if a.began.IsZero() {
			a.began, a.first = time.Now(), a.done
		}
		a.Percent, a.Left, a.Cursor = 100, 0, ""
		if r.State == Done {
			return
		}
		a.Cursor = r.To.String()
		a.Percent = 100 * float64(a.done) / float64(max(a.blocks, 1))
		if read := a.done - a.first; read > 0 {
			a.Left = time.Duration(float64(time.Since(a.began)) * float64(a.blocks-a.done) / float64(read))
		}
	})
}

// blocks is how many blocks of the table are behind the cursor, and how many there
// are.
func (r *record) blocks() (done, all int64) {
	for i, p := range r.Layout.Parts {
		all += int64(p.End)
		if i < r.Part {
			done += int64(p.End)
		}
	}
	return done + int64(r.To.Block), all
}

// logEvery is the time between two lines about copies under way.
const logEvery = 10 * time.Second

// logging logs how far the copies are until the function that it returns is called.
func (c *Copier) logging() (end func()) {
	done := make(chan struct{})
	var run sync.WaitGroup
	run.Go(func() { c.logUntil(done) })
	return func() {
		close(done)
		run.Wait()
	}
}

func (c *Copier) logUntil(done <-chan struct{}) {
	tick := time.NewTicker(logEvery)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		for _, p := range c.Progress() {
			if p.State == Copying {
				c.o.Log.Info().Str("table", p.Table).Int64("rows", p.Rows).Int64("bytes", p.Bytes).
					Float64("percent", p.Percent).Stringer("left", p.Left.Round(time.Second)).
					Str("waiting", p.Waiting).Msg("copying")
			}
		}
	}
}
