package wal_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/weirstreams/weir/store/filestore/wal"
)

// FuzzSegment opens a log whose only segment holds any bytes, after a good
// header or in its place. What Open accepts it must accept again, unrepaired.
func FuzzSegment(f *testing.F) {
	for _, segment := range nineRecords(f).contents() {
		f.Add(false, []byte(segment))
		f.Add(true, []byte(segment[wal.HeaderSize:]))
	}
	f.Add(false, []byte("weir-wal\x02\x00\x00\x00"))
	f.Add(true, wal.RecordHeader{Length: wal.MaxPayload, LSN: 1}.Append(nil, storeID))
	f.Add(true, wal.RecordHeader{LSN: 3, Durable: 2}.Append(nil, storeID))
	f.Fuzz(func(t *testing.T, header bool, data []byte) {
		if header {
			data = append(wal.AppendHeader(nil, storeID, 1), data...)
		}
		m := newSegment(data)
		total := 0
		_, found, err := wal.Open(m, dir, storeID, 1, nil, func(_ uint64, p []byte) error {
			total += len(p) + wal.RecordHeaderSize
			return nil
		})
		if total > len(data) {
			t.Fatalf("got %d bytes of records from %d", total, len(data))
		}
		damages := 0
		_, verifyErr := wal.Verify(newSegment(data), dir, storeID, wal.Inspection{Damage: func(d *wal.CorruptionError) {
			if damages++; !d.Torn && err == nil {
				t.Errorf("verify: got %+v, which Open accepted", d)
			}
		}})
		if err != nil {
			if verifyErr == nil && damages == 0 {
				t.Errorf("verify: got no damage, Open gave %v", err)
			}
			return
		}
		must(t, verifyErr)
		_, again, err := wal.Open(m, dir, storeID, 1, nil, ignore)
		found.TornBytes, found.Later = 0, 0
		if err != nil || again != found {
			t.Errorf("opened again: got %+v and %v, want %+v", again, err, found)
		}
	})
}

// newSegment returns a log with one segment.
func newSegment(data []byte) *memFS {
	m := newMemFS()
	m.dirs[dir] = true
	m.put(seg1, slices.Clone(data))
	return m
}

// FuzzRecordHeader holds that what passes for a header has one encoding.
func FuzzRecordHeader(f *testing.F) {
	f.Add(wal.RecordHeader{LSN: 2, Durable: 1, Length: 3, PayloadSum: 4}.Append(nil, storeID))
	f.Add(make([]byte, wal.RecordHeaderSize))
	f.Fuzz(func(t *testing.T, p []byte) {
		if len(p) < wal.RecordHeaderSize {
			return
		}
		h, intact := wal.ParseRecordHeader(p, storeID)
		encoded := h.Append(nil, storeID)
		if same := bytes.Equal(encoded, p[:wal.RecordHeaderSize]); same != intact {
			t.Errorf("got intact %v for % x, want %v", intact, p, same)
		}
	})
}

// FuzzHeader is the same for the header of a segment.
func FuzzHeader(f *testing.F) {
	f.Add(wal.AppendHeader(nil, storeID, 77))
	f.Add([]byte("weir-wal\x02\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, p []byte) {
		_, id, first, err := wal.ParseHeader(p)
		if err != nil {
			return
		}
		if encoded := wal.AppendHeader(nil, id, first); !bytes.HasPrefix(p, encoded) {
			t.Errorf("got % x accepted, want only % x", p, encoded)
		}
	})
}
