package wal_test

import (
	"errors"
	"maps"
	"path"
	"slices"
	"testing"

	"github.com/weirstreams/weir/store/filestore/wal"
)

const lostDir = "lost/cut"

// gapped returns a log of five records, none of them synced, of which the one
// with this number cannot be read.
func gapped(t *testing.T, bad int) *memFS {
	t.Helper()
	m := newMemFS()
	l := open(t, m, 1, nil)
	for range 5 {
		_, err := l.Append(func(p []byte) []byte { return append(p, "01234567"...) })
		must(t, err)
		must(t, l.Flush())
	}
	spoil(seg1, at1+(bad-1)*recordSize)(m)
	return killed.fs(m, nil)
}

// reopen opens the log and returns what it found.
func reopen(m *memFS) (wal.Recovery, error) {
	l, found, err := wal.Open(m, dir, storeID, 1, &wal.Options{Lost: lostDir}, ignore)
	if err == nil {
		err = l.Close()
	}
	return found, err
}

// kept returns the files with tails, by their names.
func kept(m *memFS) map[string]string {
	files := m.contents()
	maps.DeleteFunc(files, func(name, _ string) bool { return path.Dir(name) != lostDir })
	return files
}

// TestLaterRecordsAreKept loses a record in the middle of what was not synced.
func TestLaterRecordsAreKept(t *testing.T) {
	m := gapped(t, 2)
	cut := string(m.names[seg1].data[at2:])
	// A recovery that fails before it has cut the log makes the same file again.
	m.fault = func(op, _ string) fault {
		if op == "truncate" {
			return failBefore
		}
		return noFault
	}
	if _, err := reopen(m); !errors.Is(err, errInjected) {
		t.Errorf("the cut fails: got %v, want the failure", err)
	}
	m = powerLost.fs(m, nil)
	found, err := reopen(m)
	must(t, err)
	want := wal.Recovery{Records: 1, Bytes: 8, TornBytes: 4 * recordSize, Later: 3, Lost: found.Lost, Segments: 1}
	if found != want {
		t.Errorf("got %+v, want %+v", found, want)
	}
	m = powerLost.fs(m, nil)
	if got := kept(m); len(got) != 1 || got[found.Lost] != cut {
		t.Errorf("kept: got %q, want %q in %s", got, cut, found.Lost)
	}
	if found, err = reopen(m); err != nil || found != (wal.Recovery{Records: 1, Bytes: 8, Segments: 1}) {
		t.Errorf("opened again: got %+v and error %v, want one record and nothing cut", found, err)
	}
}

// TestTailWithoutRecordsIsNotKept loses the last record.
func TestTailWithoutRecordsIsNotKept(t *testing.T) {
	m := gapped(t, 5)
	found, err := reopen(m)
	must(t, err)
	if got := kept(m); found.TornBytes != recordSize || found.Lost != "" || len(got) > 0 {
		t.Errorf("got %+v and %q kept, want a torn record and nothing kept", found, got)
	}
}

// TestKeptTailsAreBounded lets another tail in when there is no room for it.
func TestKeptTailsAreBounded(t *testing.T) {
	m := gapped(t, 2)
	names := []string{"1", "2", "3", "4", "5", "6", "7", "8"}
	for _, name := range names {
		m.put(lostDir+"/"+name+".cut", nil)
	}
	m.put(lostDir+"/0.txt", nil)
	found, err := reopen(m)
	must(t, err)
	want := []string{lostDir + "/0.txt", found.Lost}
	for _, name := range names[1:] {
		want = append(want, lostDir+"/"+name+".cut")
	}
	if got := slices.Sorted(maps.Keys(kept(m))); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestTailThatCannotBeKeptIsNotCut fails each step of keeping.
func TestTailThatCannotBeKeptIsNotCut(t *testing.T) {
	for _, op := range []string{"mkdir", "create", "write", "sync"} {
		m := gapped(t, 2)
		m.fault = func(o, name string) fault {
			if o == op && (path.Dir(name) == lostDir || name == lostDir) {
				return failBefore
			}
			return noFault
		}
		before := string(m.names[seg1].data)
		if _, err := reopen(m); !errors.Is(err, errInjected) {
			t.Errorf("%s fails: got %v, want the failure", op, err)
		}
		if after := string(m.names[seg1].data); after != before {
			t.Errorf("%s fails: got a log of %d bytes, want the %d from before", op, len(after), len(before))
		}
	}
}
