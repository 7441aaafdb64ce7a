package wal_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store/filestore/wal"
)

func TestVerify(t *testing.T) {
	at := func(file string, offset int64, lsn uint64, kind string) wal.Damage {
		return wal.Damage{File: strings.TrimPrefix(file, dir+"/"), Offset: offset, LSN: lsn,
			Torn: kind == "torn", Flipped: kind == "flipped"}
	}
	tests := []struct {
		name   string
		damage func(*memFS)
		want   []wal.Damage
	}{
		{"intact", func(*memFS) {}, nil},
		{"zeros ahead", add(seg7, 0, 0), nil},
		{"torn tail", add(seg7, 0, 1), []wal.Damage{at(seg7, segEnd, 10, "torn")}},
		{"last record", spoil(seg7, at3), []wal.Damage{at(seg7, at3, 9, "torn")}},
		{"last record, one bit", flip(seg7, at3), []wal.Damage{at(seg7, at3, 9, "flipped")}},
		{"synced record", spoil(seg7, at2), []wal.Damage{at(seg7, at2, 8, "")}},
		{"two segments", all(spoil(seg1, at1), flip(seg4, segEnd-1)),
			[]wal.Damage{at(seg1, at1, 1, ""), at(seg4, at3, 6, "flipped")}},
		{"segment missing", drop(seg4), []wal.Damage{at(seg7, 0, 4, "")}},
		{"oldest segment missing", drop(seg1), nil},
		{"next segment unfinished", next(1, 2), []wal.Damage{at(segA, 0, 10, "torn")}},
		{"next segment, one bit", next(flippedHeader...), []wal.Damage{at(segA, 0, 10, "flipped")}},
		{"last segment's header", spoil(seg7, 0), []wal.Damage{at(seg7, 0, 7, "")}},
		{"segment header", flip(seg4, 0), []wal.Damage{at(seg4, 0, 4, "flipped")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := nineRecords(t)
			tt.damage(m)
			before := m.contents()
			var got []wal.Damage
			_, err := wal.Verify(m, dir, storeID, wal.Inspection{Damage: func(d *wal.CorruptionError) {
				if d.Reason == "" {
					t.Errorf("got no reason in %+v", d)
				}
				d.Reason = ""
				got = append(got, d.Damage)
			}})
			must(t, err)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			unchanged(t, m, before)
		})
	}
}

// flippedHeader is the header of the fourth segment with another first LSN.
var flippedHeader = func() []byte {
	h := wal.AppendHeader(nil, storeID, 10)
	h[28] ^= 0x20
	return h
}()

func noDamage(t *testing.T) wal.Inspection {
	return wal.Inspection{Damage: func(d *wal.CorruptionError) { t.Errorf("got %+v, want no damage", d) }}
}

func TestVerifyPassesOverATrimmedSegment(t *testing.T) {
	m := nineRecords(t)
	m.fault = func(op, name string) fault {
		if op == "open" && name == seg1 {
			drop(seg1)(m)
		}
		return noFault
	}
	_, err := wal.Verify(m, dir, storeID, noDamage(t))
	must(t, err)
}

func TestVerifyErrors(t *testing.T) {
	report := noDamage(t)
	if _, err := wal.Verify(nineRecords(t), dir, [16]byte{}, report); !errors.Is(err, wal.ErrForeign) {
		t.Errorf("other store: got %v, want ErrForeign", err)
	}
	if _, err := wal.Verify(newMemFS(), dir, storeID, report); err == nil {
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
		if _, err := wal.Verify(m, dir, storeID, report); !errors.Is(err, errInjected) {
			t.Errorf("%s fails: got %v, want the failure", op, err)
		}
	}
}
