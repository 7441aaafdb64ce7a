package wal_test

import (
	"errors"
	"slices"
	"testing"
)

// TestSegmentIsSyncedBeforeUse holds the order of the operations that make a
// segment, in a log that is new and in one that rolls.
func TestSegmentIsSyncedBeforeUse(t *testing.T) {
	var ops []string
	log := func(op, name string) fault {
		ops = append(ops, op+" "+name)
		return noFault
	}
	m := newMemFS()
	m.fault = log
	l := open(t, m, 1, nil)
	want := []string{"list log", "mkdir log", "syncdir .",
		"stat " + seg1, "create " + seg1, "write " + seg1, "sync " + seg1, "syncdir log"}
	if !slices.Equal(ops, want) {
		t.Errorf("new log: got %q, want %q", ops, want)
	}

	_, err := l.Append(payload([]byte("x")))
	must(t, err)
	ops = nil
	_, err = l.Rotate()
	must(t, err)
	const seg2 = "log/0000000000000002.wal"
	want = []string{"write " + seg1, "sync " + seg1,
		"stat " + seg2, "create " + seg2, "write " + seg2, "sync " + seg2, "syncdir log"}
	if !slices.Equal(ops, want) {
		t.Errorf("rotate: got %q, want %q", ops, want)
	}
}

func TestFlushRollsBetweenBatches(t *testing.T) {
	w := newWorld(t, 200, 0)
	for _, size := range []int{1, 1, 1, 500, 1, 1} {
		w.append(size)
		w.append(size)
		w.flush()
	}
	if got := w.segments(); !slices.Equal(got, []string{seg1, "log/0000000000000005.wal", seg7, "log/0000000000000009.wal"}) {
		t.Errorf("got segments %q", got)
	}
	if got, want := w.log.Durable(), uint64(9); got != want {
		t.Errorf("got durable %d, want %d: a full segment is synced before the next takes records", got, want)
	}
	w.crash(powerLost, nil)
	if got, want := w.next, uint64(9); got != want {
		t.Errorf("after a power loss: got next %d, want %d", got, want)
	}
}

// segments returns the files of the log.
func (w *world) segments() []string {
	names, err := w.fs.List(dir)
	if err != nil {
		w.t.Fatalf("list: %v", err)
	}
	for i := range names {
		names[i] = dir + "/" + names[i]
	}
	return names
}

func TestRotateKeepsASegmentWithoutRecords(t *testing.T) {
	w := newWorld(t, 1<<20, 0)
	w.rotate()
	w.append(1)
	w.rotate()
	w.rotate()
	if got, want := w.segments(), []string{seg1, "log/0000000000000002.wal"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	w.crash(powerLost, nil)
	w.rotate()
	if got := len(w.segments()); got != 2 {
		t.Errorf("after a restart: got %d segments, want 2", got)
	}
}

func TestTrim(t *testing.T) {
	tests := []struct {
		before uint64
		want   []string
	}{
		{0, []string{seg1, seg4, seg7}},
		{3, []string{seg1, seg4, seg7}},
		{4, []string{seg4, seg7}},
		{6, []string{seg4, seg7}},
		{7, []string{seg7}},
		{1000, []string{seg7}},
	}
	for _, tt := range tests {
		m := nineRecords(t)
		l := open(t, m, 1, nil)
		for range 2 {
			must(t, l.Trim(tt.before))
			w := &world{t: t, fs: powerLost.fs(m, nil)}
			if got := w.segments(); !slices.Equal(got, tt.want) {
				t.Errorf("trim before %d: got %q, want %q", tt.before, got, tt.want)
			}
			if got, want := l.Size(), int64(len(tt.want)*segEnd); got != want {
				t.Errorf("trim before %d: got size %d, want %d", tt.before, got, want)
			}
		}
	}
}

func TestTrimRemovesOldestFirst(t *testing.T) {
	m := nineRecords(t)
	l := open(t, m, 1, nil)
	m.fault = func(op, name string) fault {
		if op == "remove" && name == seg4 {
			return failBefore
		}
		return noFault
	}
	if err := l.Trim(7); !errors.Is(err, errInjected) {
		t.Errorf("got %v, want the failure", err)
	}
	m.fault = nil
	var got []string
	open(t, m, 4, &got)
	if want := records(4, 9); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	must(t, l.Trim(7))
	if len(m.names) != 1 {
		t.Errorf("got %d segments after the second attempt, want 1", len(m.names))
	}
}

// TestSegmentWithRecordsIsNeverMadeAnew puts a file where the next segment will
// be. It must survive, whatever it is.
func TestSegmentWithRecordsIsNeverMadeAnew(t *testing.T) {
	m := nineRecords(t)
	l := open(t, m, 1, nil)
	m.put(segA, m.names[seg7].data)
	before := m.contents()
	if _, err := l.Rotate(); err == nil {
		t.Error("got no error")
	}
	unchanged(t, m, before)
}
