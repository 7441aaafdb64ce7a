package count

import (
	"fmt"
	"strings"

	"github.com/weirstreams/weir/e2e/postgres/event"
)

// shown is how many findings of one stream are told.
const shown = 10

// Check holds one stream against what should be in it. It returns nil, or an
// error that tells the first findings of every kind.
func Check(stream string, events []event.Event, want []Want) error {
	live := liveOf(events)
	var found findings
	found.order(live)
	found.sequence(live, want)
	found.last(live)
	found.totals(live, want)
	if len(found) == 0 {
		return nil
	}
	if len(found) > shown {
		found = append(found[:shown], fmt.Sprintf("and %d more", len(found)-shown))
	}
	return fmt.Errorf("stream %s, %d live events of which %d are wanted:\n%s",
		stream, len(live), len(want), strings.Join(found, "\n"))
}

func liveOf(events []event.Event) []event.Event {
	var live []event.Event
	for _, e := range events {
		if e.Live() {
			live = append(live, e)
		}
	}
	return live
}

type findings []string

func (f *findings) add(format string, args ...any) {
	*f = append(*f, fmt.Sprintf(format, args...))
}

// order wants positions that rise, with none missing and none equal.
func (f *findings) order(live []event.Event) {
	for i, e := range live {
		switch {
		case e.Headers.Position == "":
			f.add("live event %d, %s: got no position", i, e)
		case i > 0 && e.Headers.Position == live[i-1].Headers.Position:
			f.add("live event %d, %s: got the position of the event before it, %s", i, e, live[i-1])
		case i > 0 && e.Headers.Position < live[i-1].Headers.Position:
			f.add("live event %d, %s: got a position before that of %s", i, e, live[i-1])
		}
	}
}

// sequence tells where the stream first leaves what was committed. What follows
// would only be the same again, shifted.
func (f *findings) sequence(live []event.Event, want []Want) {
	for i := range max(len(live), len(want)) {
		switch {
		case i >= len(live):
			f.add("live event %d: got the end of the stream, want %s", i, want[i])
			return
		case i >= len(want):
			f.add("live event %d: got %s, want the end of the stream", i, live[i])
			return
		case wantOf(live[i]) != want[i]:
			f.add("live event %d: got %s, want %s", i, live[i], want[i])
			return
		}
	}
}

func wantOf(e event.Event) Want {
	return Want{TxID: e.Headers.TxID, Change: e.Headers.Position.Change(), What: e.What()}
}

func (w Want) String() string {
	return fmt.Sprintf("%s of transaction %s, change %X", w.What, w.TxID, w.Change)
}

// last wants the mark on the final event of every transaction and on no other.
func (f *findings) last(live []event.Event) {
	for i, e := range live {
		final := i == len(live)-1 || live[i+1].Headers.TxID != e.Headers.TxID
		if e.Headers.Last != final {
			f.add("live event %d, %s: got last=%t, want %t", i, e, e.Headers.Last, final)
		}
	}
}

// totals wants as many of each operation as were committed.
func (f *findings) totals(live []event.Event, want []Want) {
	got, wanted := map[string]int{}, map[string]int{}
	for _, e := range live {
		got[e.What()]++
	}
	for _, w := range want {
		wanted[w.What]++
	}
	for _, what := range []string{event.Insert, event.Update, event.Delete, event.Reset} {
		if got[what] != wanted[what] {
			f.add("got %d events that %s, want %d", got[what], what, wanted[what])
		}
	}
}
