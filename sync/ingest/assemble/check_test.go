package assemble_test

import (
	"regexp"
	"slices"
	"strings"
)

// check checks that readers of each stream see whole transactions, from the first on.
func (r *lawRun) check() {
	r.t.Helper()
	for name, items := range r.m.want {
		seen, after := r.match(name, items)
		for _, it := range items[after:] {
			if seen >= 0 && it.tx == seen && !it.maybe {
				r.t.Fatalf("%s: readers see a part of transaction %d only, without %q", name, 700+seen, it.messages)
			}
		}
	}
}

// checkEnd checks that each stream has said everything, and no others are there.
func (r *lawRun) checkEnd() {
	r.t.Helper()
	for name, items := range r.m.want {
		_, after := r.match(name, items)
		for _, it := range items[after:] {
			if !it.maybe {
				r.t.Fatalf("%s: %q is missing", name, it.messages)
			}
		}
	}
	r.checkBags()
	names, err := r.engine.Owned("sync:t", "", "", 100)
	if err != nil {
		r.t.Fatalf("list streams: %v", err)
	}
	for _, name := range names {
		if _, ok := r.m.want[name]; !ok {
			r.t.Fatalf("there is a stream %s, which nothing was sent for", name)
		}
	}
}

// match holds what readers see of a stream against what it has to say. It returns the
// transaction of the last item seen, -1 if there is none, and how many items it has
// come past.
func (r *lawRun) match(name string, items []item) (seen, after int) {
	r.t.Helper()
	lines := split(visible(r.t, r.engine, name))
	if r.extended {
		r.checkHeaders(name, lines)
	}
	seen = -1
	for i := 0; len(lines) > 0; i++ {
		if i == len(items) {
			r.t.Fatalf("%s: got %q after all there is to say", name, lines[0])
		}
		n := min(len(items[i].messages), len(lines))
		got := beginnings(lines[:n])
		switch {
		case slices.Equal(got, items[i].messages):
		case items[i].maybe:
			continue
		default:
			r.t.Fatalf("%s: item %d: got %q, want %q", name, i, got, items[i].messages)
		}
		for j, line := range lines[:n] {
			r.checkLast(name, items, i, j == n-1, line)
		}
		seen, after, lines = items[i].tx, i+1, lines[n:]
	}
	return seen, after
}

// beginnings are messages up to their transactions' time, in order.
func beginnings(lines []string) []string {
	got := slices.Clone(lines)
	for i, line := range lines {
		got[i], _, _ = strings.Cut(line, `,"timestamp":`)
	}
	slices.Sort(got)
	return got
}

// checkLast checks the mark of one event. Where rows may be missing, so may marks.
func (r *lawRun) checkLast(name string, items []item, i int, lastOfItem bool, line string) {
	r.t.Helper()
	it := items[i]
	if !r.extended || slices.ContainsFunc(items, func(o item) bool { return o.tx == it.tx && o.maybe }) {
		return
	}
	final := lastOfItem && (i+1 == len(items) || items[i+1].tx != it.tx)
	marked := strings.HasSuffix(line, `,"last":true}}`)
	if marked != (final && !it.plain) {
		r.t.Fatalf("%s: item %d, %q: marked as the last one: %v, want %v", name, i, line, marked, final && !it.plain)
	}
}

var position = regexp.MustCompile(`,"lsn":"([0-9a-f-]{42})"`)

// checkHeaders checks that positions rise.
func (r *lawRun) checkHeaders(name string, lines []string) {
	r.t.Helper()
	before := ""
	for _, line := range lines {
		found := position.FindStringSubmatch(line)
		if found == nil {
			continue // a logical message
		}
		if found[1] <= before {
			r.t.Fatalf("%s: position %s after %s", name, found[1], before)
		}
		before = found[1]
	}
}
