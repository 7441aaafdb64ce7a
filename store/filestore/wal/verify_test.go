package wal_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store/filestore/wal"
)

func TestVerify(t *testing.T) {
	at := func(file string, offset int64, lsn uint64, torn bool) wal.Damage {
		return wal.Damage{File: strings.TrimPrefix(file, dir+"/"), Offset: offset, LSN: lsn, Torn: torn}
	}
	tests := []struct {
		name   string
		damage func(*memFS)
		want   []wal.Damage
	}{
		{"intact", func(*memFS) {}, nil},
		{"zeros ahead", add(seg7, 0, 0), nil},
		{"torn tail", add(seg7, 0, 1), []wal.Damage{at(seg7, segEnd, 10, true)}},
		{"last record", flip(seg7, at3), []wal.Damage{at(seg7, at3, 9, true)}},
		{"synced record", flip(seg7, at2), []wal.Damage{at(seg7, at2, 8, false)}},
		{"two segments", all(flip(seg1, at1), flip(seg4, segEnd-1)),
			[]wal.Damage{at(seg1, at1, 1, false), at(seg4, at3, 6, false)}},
		{"segment missing", drop(seg4), []wal.Damage{at(seg7, 0, 4, false)}},
		{"oldest segment missing", drop(seg1), nil},
		{"next segment unfinished", next(1, 2), []wal.Damage{at(segA, 0, 10, true)}},
		{"last segment's header", flip(seg7, 0), []wal.Damage{at(seg7, 0, 7, false)}},
		{"segment header", flip(seg4, 0), []wal.Damage{at(seg4, 0, 4, false)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := nineRecords(t)
			tt.damage(m)
			before := m.contents()
			var got []wal.Damage
			must(t, wal.Verify(m, dir, storeID, func(d wal.Damage) {
				if d.Reason == "" {
					t.Errorf("got no reason in %+v", d)
				}
				d.Reason = ""
				got = append(got, d)
			}))
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			unchanged(t, m, before)
		})
	}
}

func TestVerifyPassesOverATrimmedSegment(t *testing.T) {
	m := nineRecords(t)
	m.fault = func(op, name string) fault {
		if op == "open" && name == seg1 {
			drop(seg1)(m)
		}
		return noFault
	}
	must(t, wal.Verify(m, dir, storeID, func(d wal.Damage) { t.Errorf("got %+v, want no damage", d) }))
}

func TestVerifyErrors(t *testing.T) {
	report := func(d wal.Damage) { t.Errorf("got %+v, want no damage", d) }
	if err := wal.Verify(nineRecords(t), dir, [16]byte{}, report); !errors.Is(err, wal.ErrForeign) {
		t.Errorf("other store: got %v, want ErrForeign", err)
	}
	if err := wal.Verify(newMemFS(), dir, storeID, report); err == nil {
		t.Error("no folder: got no error")
	}
	for _, op := range []string{"list", "open", "read"} {
		m := nineRecords(t)
		m.fault = func(o, _ string) fault {
			if o == op {
				return failBefore
			}
			return noFault
		}
		if err := wal.Verify(m, dir, storeID, report); !errors.Is(err, errInjected) {
			t.Errorf("%s fails: got %v, want the failure", op, err)
		}
	}
}
