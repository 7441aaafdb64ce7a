package workload

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Outcome is what became of a step.
type Outcome string

// The outcomes. Whether a failed step was committed nobody knows; the oracle does.
const (
	Committed  Outcome = "committed"
	RolledBack Outcome = "rolled back"
	Failed     Outcome = "failed"
)

// Entry is the outcome of one step.
type Entry struct {
	Session, Number int
	Kind            Kind
	Outcome         Outcome
	Err             error // why it failed
}

// Ledger is what became of the steps of a run, in the order in which they ended.
// Its methods may be called from any goroutine, also while the run lasts.
type Ledger struct {
	Options Options

	mu      sync.Mutex
	entries []Entry // guarded by mu
}

func (l *Ledger) add(e Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, e)
}

// Entries returns a copy of what there is so far.
func (l *Ledger) Entries() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.entries)
}

// Count returns how many steps had the outcome so far.
func (l *Ledger) Count(o Outcome) int {
	n := 0
	for _, e := range l.Entries() {
		if e.Outcome == o {
			n++
		}
	}
	return n
}

// FirstError returns the first entry that failed, or nil.
func (l *Ledger) FirstError() error {
	for _, e := range l.Entries() {
		if e.Err != nil {
			return fmt.Errorf("session %d, step %d (%s): %w", e.Session, e.Number, e.Kind, e.Err)
		}
	}
	return nil
}

// String tells how many steps of each kind had which outcome, and the seed.
func (l *Ledger) String() string {
	counts := map[string]int{}
	for _, e := range l.Entries() {
		counts[fmt.Sprintf("%s %s", e.Kind, e.Outcome)]++
	}
	var text strings.Builder
	fmt.Fprintf(&text, "seed %d, %d sessions:", l.Options.Seed, l.Options.Sessions)
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&text, " %s %d,", what, counts[what])
	}
	return strings.TrimSuffix(text.String(), ",")
}
