package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/cmd/weir/metrics"
	"github.com/weirstreams/weir/store"
)

// scrubbed is a store of so many bytes, in which every scrub finds some damage. It
// notes when each began.
type scrubbed struct {
	store.Store
	bytes int
	err   error
	begun []time.Time
}

func (s *scrubbed) Scrub(ctx context.Context, o store.ScrubOptions) error {
	s.begun = append(s.begun, time.Now())
	for left := s.bytes; left > 0; left -= 3 << 20 {
		if err := o.Pace(ctx, min(left, 3<<20)); err != nil {
			return err
		}
	}
	o.Report(store.CorruptionError{File: "file/data/01/1", Stream: "s", Offset: 7, Reason: "rotten"})
	o.Report(store.CorruptionError{File: "file/data/02/2", Stream: "t", Offset: -1, Reason: "missing"})
	return s.err
}

func scrubbing(interval time.Duration, perSec config.Size) config.Storage {
	return config.Storage{Mode: config.FileFast, ScrubInterval: interval, ScrubBytesPerSec: perSec}
}

// TestScrubsComeAgain: the first within the interval, the others an interval after
// the one before has begun, and each says what it found.
func TestScrubsComeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		st := &scrubbed{bytes: 64 << 20}
		start := time.Now()
		s := startScrubs(st, scrubbing(time.Hour, 1<<20), zerolog.New(&log))
		time.Sleep(4 * time.Hour)
		s.stop()
		if len(st.begun) != 4 || st.begun[0].Sub(start) > time.Hour {
			t.Fatalf("in four hours from %v: got scrubs at %v, want four", start, st.begun)
		}
		for i, at := range st.begun[1:] {
			if got := at.Sub(st.begun[i]); got != time.Hour {
				t.Errorf("from one scrub to the next: got %v, want an hour", got)
			}
		}
		got := *s.figures.Load()
		if got.Runs < 3 || got.Damaged != 2 || got.Ended.Sub(st.begun[got.Runs-1]) != time.Minute {
			t.Errorf("figures: got %+v, want three runs or four, two pieces, and 60 MiB beyond the burst read in a minute", got)
		}
		for _, want := range []string{
			`"level":"error","file":"file/data/01/1","offset":7,"stream":"s","reason":"rotten","message":"a scrub found`,
			`"message":"scrub completed"`,
		} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("log: got %s, want %s in it", log.String(), want)
			}
		}
	})
}

// TestScrubsEnd: stop does not wait for the interval, nor for the pace.
func TestScrubsEnd(t *testing.T) {
	for name, after := range map[string]time.Duration{"waiting": 0, "reading": time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			st := &scrubbed{bytes: 1 << 40}
			s := startScrubs(st, scrubbing(time.Hour, 1<<20), zerolog.Nop())
			time.Sleep(after)
			begun := time.Now()
			s.stop()
			if took := time.Since(begun); took > 0 {
				t.Errorf("%s: got an end after %v, want one at once", name, took)
			}
			if got := *s.figures.Load(); got != (metrics.Scrubs{}) {
				t.Errorf("%s: got figures %+v, want none of a scrub that was cut short", name, got)
			}
		})
	}
}

func TestScrubThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		st := &scrubbed{err: errors.New("too many open files")}
		s := startScrubs(st, scrubbing(time.Hour, 0), zerolog.New(&log))
		time.Sleep(time.Hour)
		s.stop()
		if got := s.figures.Load().Runs; got != 0 {
			t.Errorf("runs: got %d, want 0", got)
		}
		if !strings.Contains(log.String(), "too many open files") {
			t.Errorf("log: got %s, want the reason in it", log.String())
		}
	})
}

func TestNoScrubs(t *testing.T) {
	off := scrubbing(0, 0)
	memory := scrubbing(time.Hour, 0)
	memory.Mode = config.Memory
	for _, storage := range []config.Storage{off, memory} {
		s := startScrubs(&scrubbed{}, storage, zerolog.Nop())
		if got := s.collectors(); s != nil || got != nil {
			t.Errorf("%+v: got scrubs with collectors %v, want none", storage, got)
		}
		s.stop()
	}
}

// TestScrubsOfTheServer: the admin listener has their figures.
func TestScrubsOfTheServer(t *testing.T) {
	s := startOperated(t, "DS_STORAGE__MODE=file-fast", "DS_STORAGE__DATA_DIR="+t.TempDir(), "DS_INSTANCE_ID=one")
	if _, body := fetch(t, "GET", "http://"+s.admin+"/metrics"); !strings.Contains(body, `weir_scrub_runs_total{instance_id="one"} 0`+"\n") {
		t.Errorf("metrics: got %s, want weir_scrub_runs_total", body)
	}
	if err := s.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
}
