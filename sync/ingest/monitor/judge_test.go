package monitor_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/sync/ingest/monitor"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// TestJudge: what changes is said once, at the level that fits, and a limit that is not
// set is never reached.
func TestJudge(t *testing.T) {
	limits := monitor.Limits{WarnBytes: 100, WarnTime: time.Minute, StopBytes: 1000}
	type step struct {
		status string
		kept   int64
		lag    time.Duration
		want   string // levels and beginnings of the lines, separated by |
		stop   bool
	}
	for _, test := range []struct {
		name   string
		limits monitor.Limits
		steps  []step
	}{
		{"bytes", limits, []step{
			{"reserved", 99, 0, "", false}, {"reserved", 100, 0, "warn the slot makes", false}, {"extended", 200, 0, "", false},
			{"reserved", 10, 0, "info the slot keeps less", false}, {"reserved", 100, 0, "warn the slot makes", false},
		}},
		{"time", limits, []step{
			{"reserved", 0, time.Minute, "warn the streams are late", false}, {"reserved", 0, time.Hour, "", false},
			{"reserved", 0, time.Second, "info the streams are in time", false},
		}},
		{"status", limits, []step{
			{"reserved", 0, 0, "", false}, {"extended", 0, 0, "", false}, {"unreserved", 0, 0, "error the slot is about", false},
			{"unreserved", 0, 0, "", false}, {"reserved", 0, 0, "info the slot is safe", false},
			{"unreserved", 0, 0, "error the slot is about", false}, {"lost", 0, 0, "error the slot is lost", false},
		}},
		{"stop", limits, []step{{"extended", 999, 0, "warn the slot makes", false}, {"extended", 1000, 0, "", true}, {"lost", 1000, 0, "error the slot is lost", false}}},
		{"never", monitor.Limits{}, []step{{"extended", 1 << 60, 1000 * time.Hour, "", false}}},
	} {
		var log bytes.Buffer
		j := monitor.NewJudge(zerolog.New(&log), test.limits)
		for i, s := range test.steps {
			log.Reset()
			stop := j.Look(monitor.Reading{Slot: &source.SlotRow{WALStatus: s.status, RetainedBytes: s.kept}}, s.lag)
			if got := lines(log.String()); !matches(got, s.want) || stop != s.stop {
				t.Errorf("%s, step %d: got %q and stop %v, want %q and %v", test.name, i, got, stop, s.want, s.stop)
			}
		}
	}
}

func TestUnreachableIsSaidOnce(t *testing.T) {
	var log bytes.Buffer
	j := monitor.NewJudge(zerolog.New(&log), monitor.Limits{})
	for _, err := range []error{nil, errors.New("no route"), errors.New("no route"), nil} {
		j.Reached(err)
	}
	if got := lines(log.String()); len(got) != 2 || !strings.HasPrefix(got[0], "warn") || !strings.HasPrefix(got[1], "info") {
		t.Errorf("got %q, want one warning and one line that it is over", got)
	}
}

func TestNoSlotIsNoReasonToStop(t *testing.T) {
	j := monitor.NewJudge(zerolog.Nop(), monitor.Limits{StopBytes: 1})
	if j.Look(monitor.Reading{}, 0) {
		t.Error("got a slot to drop, want none: there is none")
	}
}

// lines makes "level message" of each line of a log.
func lines(log string) []string {
	var all []string
	for line := range strings.Lines(log) {
		_, level, _ := strings.Cut(line, `"level":"`)
		level, _, _ = strings.Cut(level, `"`)
		_, message, _ := strings.Cut(line, `"message":"`)
		all = append(all, level+" "+message)
	}
	return all
}

// matches tells whether there is the one line that is wanted, or none.
func matches(got []string, want string) bool {
	if want == "" {
		return len(got) == 0
	}
	return len(got) == 1 && strings.HasPrefix(got[0], want)
}
