package wal_test

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store/filestore/wal"
)

func garbage(n int) []byte { return bytes.Repeat([]byte("\x07\xa5\x00\xff"), n/4) }

// corrupt is the part of a CorruptionError that a case must name.
func corrupt(file string, offset int64, lsn uint64) error {
	return &wal.CorruptionError{Damage: wal.Damage{File: strings.TrimPrefix(file, dir+"/"), Offset: offset, LSN: lsn}}
}

// TestRecovery writes nine records, damages the files, and says which records
// must survive or which error Open must give. from is 1 where it is not set.
func TestRecovery(t *testing.T) {
	nothing := func(*memFS) {}
	tests := []struct {
		name   string
		from   uint64
		damage func(*memFS)
		want   []string
		torn   int64
		err    error
	}{
		{name: "intact", damage: nothing, want: records(1, 9)},
		{name: "intact, from inside a segment", from: 5, damage: nothing, want: records(5, 9)},
		{name: "intact, from the end", from: 10, damage: nothing},
		{name: "zero tail", damage: add(seg7, make([]byte, 5000)...), want: records(1, 9)},
		{name: "short zero tail", damage: add(seg7, 0), want: records(1, 9)},
		{name: "garbage tail", damage: add(seg7, garbage(5000)...), want: records(1, 9), torn: 5000},
		{name: "last record again", damage: repeat(seg7, at3, segEnd), want: records(1, 9), torn: recordSize},
		{name: "last payload", damage: spoil(seg7, segEnd-1), want: records(1, 8), torn: recordSize},
		{name: "last header", damage: spoil(seg7, at3+9), want: records(1, 8), torn: recordSize},
		{name: "no proof of sync", damage: all(spoil(seg7, at2), spoil(seg7, at3)), want: records(1, 7), torn: 2 * recordSize},

		{name: "last payload, one bit", damage: flip(seg7, segEnd-1), err: corrupt(seg7, at3, 9)},
		{name: "last header, one bit", damage: flip(seg7, at3+9), err: corrupt(seg7, at3, 9)},
		{name: "one bit behind a torn record", damage: all(spoil(seg7, at2+9), flip(seg7, at3)), want: records(1, 7), torn: 2 * recordSize},
		{name: "next segment, one bit", damage: next(flippedHeader...), err: corrupt(segA, 0, 10)},

		{name: "synced payload", damage: flip(seg7, at3-1), err: corrupt(seg7, at2, 8)},
		{name: "synced header", damage: flip(seg7, at2+9), err: corrupt(seg7, at2, 8)},
		{name: "synced, first of segment", damage: flip(seg7, at1+9), err: corrupt(seg7, at1, 7)},
		{name: "synced, proof without payload", damage: all(flip(seg7, at2), flip(seg7, segEnd-1)), err: corrupt(seg7, at2, 8)},
		{name: "synced record twice", damage: repeat(seg7, at1, at2), err: corrupt(seg7, at2, 8)},
		{name: "synced record zeroed", damage: func(m *memFS) { clear(m.names[seg7].data[at2:at3]) }, err: corrupt(seg7, at2, 8)},
		{name: "synced record cut out", damage: func(m *memFS) {
			n := m.names[seg7]
			n.data = slices.Delete(n.data, at2, at3)
		}, err: corrupt(seg7, at2, 8)},

		{name: "sealed, middle", damage: flip(seg1, at2+9), err: corrupt(seg1, at2, 2)},
		{name: "sealed, last payload", damage: flip(seg4, segEnd-1), err: corrupt(seg4, at3, 6)},
		{name: "sealed, zero tail", damage: add(seg4, 0, 0), want: records(1, 9)},
		{name: "sealed, last record zeroed", damage: func(m *memFS) { clear(m.names[seg4].data[at3:]) }, err: &wal.MissingError{First: 6, Last: 6}},
		{name: "sealed, tail not all zero", damage: add(seg4, 0, 1), err: corrupt(seg4, segEnd, 7)},
		{name: "sealed, cut at a record", damage: func(m *memFS) { m.names[seg4].resize(at3) }, err: &wal.MissingError{First: 6, Last: 6}},
		{name: "sealed, only a header", damage: func(m *memFS) { m.names[seg4].resize(at1) }, err: &wal.MissingError{First: 4, Last: 6}},
		{name: "sealed, empty", damage: func(m *memFS) { m.names[seg4].resize(0) }, err: corrupt(seg4, 0, 4)},
		{name: "sealed, before from", from: 7, damage: flip(seg4, at2), want: records(7, 9)},

		{name: "middle segment missing", damage: drop(seg4), err: &wal.MissingError{First: 4, Last: 6}},
		{name: "middle segment missing, before from", from: 8, damage: drop(seg4), want: records(8, 9)},
		{name: "first segment missing", damage: drop(seg1), err: &wal.MissingError{First: 1, Last: 3}},
		{name: "first segment trimmed", from: 4, damage: drop(seg1), want: records(4, 9)},
		{name: "last segment missing", from: 9, damage: drop(seg7), err: &wal.MissingError{First: 7, Last: 8}},
		{name: "last segment missing, not needed", from: 7, damage: drop(seg7)},
		{name: "whole log missing", from: 2, damage: drop(seg1, seg4, seg7), err: &wal.MissingError{First: 2, Last: 2}},
		{name: "log ends before from", from: 12, damage: nothing, err: &wal.MissingError{First: 10, Last: 11}},
		{name: "torn tail before from", from: 10, damage: spoil(seg7, at3), err: &wal.MissingError{First: 9, Last: 9}},

		{name: "next segment empty", damage: next(), want: records(1, 9)},
		{name: "next segment short header", damage: next(wal.AppendHeader(nil, storeID, 10)[:20]...), want: records(1, 9)},
		{name: "next segment without version", damage: next(append([]byte("weir-wal"), make([]byte, 32)...)...), want: records(1, 9)},
		{name: "next segment zero header", damage: next(make([]byte, wal.HeaderSize)...), want: records(1, 9)},
		{name: "next segment empty, all before from", from: 10, damage: next()},
		{name: "next segment longer than a header", damage: next(make([]byte, wal.HeaderSize+1)...), err: corrupt(segA, 0, 10)},
		{name: "next segment seals", damage: all(next(), spoil(seg7, at3)), err: corrupt(seg7, at3, 9)},
		{name: "next segment too far", damage: set("log/0000000000000020.wal"), err: &wal.MissingError{First: 10, Last: 31}},
		{name: "next segment too near", damage: set("log/0000000000000009.wal"), err: corrupt("log/0000000000000009.wal", 0, 9)},
		{name: "next segment, from beyond", from: 11, damage: set(segA), err: &wal.MissingError{First: 10, Last: 10}},
		{name: "only a short header", damage: all(drop(seg4, seg7), set(seg1, 'w'))},
		{name: "only a short header, from beyond", from: 2, damage: all(drop(seg4, seg7), set(seg1, 'w')), err: corrupt(seg1, 0, 1)},
		{name: "only a short header, not the first", from: 7, damage: all(drop(seg1, seg4), set(seg7, 'w')), err: corrupt(seg7, 0, 7)},

		{name: "segment under two names", damage: func(m *memFS) { m.put(segA, m.names[seg7].data) }, err: corrupt(segA, 0, 10)},
		{name: "bad magic", damage: flip(seg7, 0), err: corrupt(seg7, 0, 7)},
		{name: "bad header checksum", damage: flip(seg7, 20), err: corrupt(seg7, 0, 7)},
		{name: "unknown version", damage: spoil(seg7, 8), err: &wal.VersionError{File: "0000000000000007.wal", Version: 0x40}},
		{name: "unknown version, no records", damage: set(segA, []byte("weir-wal\x02\x00\x00\x00")...), err: &wal.VersionError{File: "000000000000000a.wal", Version: 2}},
		{name: "other store", damage: set(segA, wal.AppendHeader(nil, [16]byte{9}, 10)...), err: wal.ErrForeign},
		{name: "other names", damage: all(set("log/notes"), set(seg1+".bak", 1, 2)), want: records(1, 9)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := nineRecords(t)
			tt.damage(m)
			if tt.err != nil {
				refuses(t, m, max(tt.from, 1), tt.err)
				return
			}
			recovers(t, m, max(tt.from, 1), tt.want, tt.torn)
		})
	}
}

// recovers opens the log twice, since a repair must last, and appends after.
func recovers(t *testing.T, m *memFS, from uint64, want []string, torn int64) {
	t.Helper()
	for _, wantTorn := range []int64{torn, 0} {
		var got []string
		var size int64
		l, found, err := wal.Open(m, dir, storeID, from, nil, func(_ uint64, p []byte) error {
			got = append(got, string(p))
			size += int64(len(p))
			return nil
		})
		must(t, err)
		if !slices.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
		wantFound := wal.Recovery{Records: int64(len(want)), Bytes: size, TornBytes: wantTorn, Segments: found.Segments}
		if found != wantFound {
			t.Errorf("got %+v, want %+v", found, wantFound)
		}
		if got, want := l.Next(), from+uint64(len(want)); got != want {
			t.Errorf("got next %d, want %d", got, want)
		}
		m = powerLost.fs(m, nil)
	}
	l := open(t, m, from, nil)
	_, err := l.Append(func(p []byte) []byte { return append(p, "new"...) })
	must(t, err)
	must(t, l.Close())
	var got []string
	open(t, m, from, &got)
	if want := append(slices.Clone(want), "new"); !slices.Equal(got, want) {
		t.Errorf("after an append: got %q, want %q", got, want)
	}
}

// refuses checks the error of Open, and that the files stay as they are.
func refuses(t *testing.T, m *memFS, from uint64, want error) {
	t.Helper()
	before := m.contents()
	_, _, err := wal.Open(m, dir, storeID, from, nil, ignore)
	unchanged(t, m, before)
	var damage *wal.CorruptionError
	switch {
	case err == nil:
		t.Fatalf("got no error, want %v", want)
	case errors.Is(err, want):
		return
	case errors.As(err, &damage):
		if damage.Reason == "" {
			t.Errorf("got no reason in %v", err)
		}
		*damage = wal.CorruptionError{Damage: wal.Damage{File: damage.File, Offset: damage.Offset, LSN: damage.LSN}}
	}
	for ; err != nil; err = errors.Unwrap(err) {
		if reflect.DeepEqual(err, want) {
			return
		}
		if errors.Unwrap(err) == nil {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}

func TestSegmentWithAnotherNameIsRefused(t *testing.T) {
	for _, name := range []string{"1.wal", "000000000000000A.wal", "0000000000000000.wal", ".wal", "0000000000000001.old.wal"} {
		m := nineRecords(t)
		m.put(dir+"/"+name, nil)
		_, _, err := wal.Open(m, dir, storeID, 1, nil, ignore)
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v, want an error with the name", name, err)
		}
	}
}

func TestReplayErrorEndsOpen(t *testing.T) {
	m := nineRecords(t)
	before := m.contents()
	// Of the type that stands for a torn tail inside the log.
	want := &wal.CorruptionError{Damage: wal.Damage{File: "a data file"}}
	calls := 0
	_, _, err := wal.Open(m, dir, storeID, 1, nil, func(lsn uint64, _ []byte) error {
		calls++
		if lsn == 8 {
			return want
		}
		return nil
	})
	if !errors.Is(err, want) || calls != 8 {
		t.Errorf("got %v after %d records, want the error of replay after 8", err, calls)
	}
	unchanged(t, m, before)
}

// TestUnfinishedSegmentJoinsTheLog lets recovery finish the fourth segment.
func TestUnfinishedSegmentJoinsTheLog(t *testing.T) {
	m := nineRecords(t)
	next('w')(m)
	l := open(t, m, 1, nil)
	if got, want := l.Size(), int64(3*segEnd+wal.HeaderSize); got != want {
		t.Errorf("got size %d, want %d", got, want)
	}
	must(t, l.Trim(10))
	w := &world{t: t, fs: m}
	if got, want := w.segments(), []string{segA}; !slices.Equal(got, want) {
		t.Errorf("after a trim: got %q, want %q", got, want)
	}
}

// TestShrinkingFileIsNoCleanEnd cuts a segment, between two records, after its
// size was taken.
func TestShrinkingFileIsNoCleanEnd(t *testing.T) {
	m := nineRecords(t)
	m.fault = func(op, name string) fault {
		if op == "read" && name == seg7 {
			m.names[seg7].resize(at2)
		}
		return noFault
	}
	_, _, err := wal.Open(m, dir, storeID, 1, nil, ignore)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want io.ErrUnexpectedEOF", err)
	}
}
