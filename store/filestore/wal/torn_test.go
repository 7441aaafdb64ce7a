package wal_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/weirstreams/weir/store/filestore/wal"
)

// TestTornAtEveryByte cuts the unsynced last record at every byte, with nothing,
// zeros or garbage in place of the rest.
func TestTornAtEveryByte(t *testing.T) {
	fills := map[string]func(rest []byte) []byte{
		"cut":     func(rest []byte) []byte { return nil },
		"zeros":   func(rest []byte) []byte { clear(rest); return rest },
		"garbage": func(rest []byte) []byte { return garbage(len(rest) + 4)[1:] },
	}
	for name, fill := range fills {
		for at := at3; at < segEnd; at++ {
			m := nineRecords(t)
			n := m.names[seg7]
			n.data = append(n.data[:at], fill(slices.Clone(n.data[at:]))...)
			torn := len(n.data) - at3
			var got []string
			l := open(t, m, 1, &got)
			if want := records(1, 8); !slices.Equal(got, want) {
				t.Fatalf("%s at %d: got %q, want %q", name, at, got, want)
			}
			if got, want := len(m.names[seg7].data), at3; got != want {
				t.Fatalf("%s at %d: segment has %d bytes (%d torn), want %d", name, at, got, torn, want)
			}
			must(t, l.Close())
		}
	}
}

// TestNoByteIsTrusted spoils every byte of the log. What is synced is either
// whole or an error, whichever byte it is.
func TestNoByteIsTrusted(t *testing.T) {
	intact := nineRecords(t)
	for _, name := range []string{seg1, seg4, seg7} {
		for at := range segEnd {
			m := killed.fs(intact, nil)
			spoil(name, at)(m)
			unsynced := name == seg7 && at >= at3
			got, err := replayed(m)
			if (err == nil) != unsynced {
				t.Errorf("%s at %d: got error %v, want one: %v", name, at, err, !unsynced)
			}
			if !slices.Equal(got, records(1, len(got))) || unsynced && len(got) != 8 {
				t.Errorf("%s at %d: got %q", name, at, got)
			}
		}
	}
}

// TestNoBitIsTrusted turns over every bit of the log, also where nothing had been
// synced: a torn write leaves no such record.
func TestNoBitIsTrusted(t *testing.T) {
	intact := nineRecords(t)
	for _, name := range []string{seg1, seg4, seg7} {
		for bit := range segEnd * 8 {
			m := killed.fs(intact, nil)
			m.names[name].data[bit/8] ^= 1 << (bit % 8)
			at := 0
			if bit/8 >= at1 {
				at = bit/8 - (bit/8-at1)%recordSize
			}
			got, err := replayed(m)
			var damage *wal.CorruptionError
			if !errors.As(err, &damage) || dir+"/"+damage.File != name || damage.Offset != int64(at) || !damage.Flipped {
				t.Fatalf("bit %d of %s: got error %v, want a flipped bit in what begins at %d", bit, name, err, at)
			}
			if want := fmt.Sprintf("record %d", damage.LSN); at > 0 && string(damage.Payload) != want {
				t.Fatalf("bit %d of %s: got payload %q, want %q", bit, name, damage.Payload, want)
			}
			if !slices.Equal(got, records(1, len(got))) {
				t.Fatalf("bit %d of %s: got %q", bit, name, got)
			}
		}
	}
}

// replayed opens the log and returns what it replays.
func replayed(m *memFS) (got []string, err error) {
	_, _, err = wal.Open(m, dir, storeID, 1, nil, func(_ uint64, p []byte) error {
		got = append(got, string(p))
		return nil
	})
	return got, err
}

// TestProofIsFoundFarAway puts the record that proves a sync at positions
// around the size in which segments are read.
func TestProofIsFoundFarAway(t *testing.T) {
	const readSize = 512 << 10
	for _, past := range []int{-wal.RecordHeaderSize, 1 - wal.RecordHeaderSize, -1, 0} {
		gap := readSize + past
		m := nineRecords(t)
		n := m.names[seg7]
		proof := slices.Clone(n.data[at3:])
		n.data = append(n.data[:at2], make([]byte, gap)...)
		n.data = append(n.data, proof...)
		refuses(t, m, 1, corrupt(seg7, at2, 8))
	}
}

// TestPayloadCannotProveASync stores, as payloads, the bytes of a record that
// would forbid to cut the tail, under the checksum of another store.
func TestPayloadCannotProveASync(t *testing.T) {
	m := nineRecords(t)
	forged := wal.RecordHeader{LSN: 12, Durable: 11}.Append(nil, [16]byte{})
	m.names[seg7].data = append(m.names[seg7].data[:segEnd-1], forged...)
	recovers(t, m, 1, records(1, 8), int64(recordSize-1+len(forged)))
}

// TestClaimedLengthIsNotAllocated has a good header that speaks of 1 GiB.
func TestClaimedLengthIsNotAllocated(t *testing.T) {
	m := nineRecords(t)
	claim := wal.RecordHeader{Length: wal.MaxPayload, LSN: 10, Durable: 8}.Append(nil, storeID)
	add(seg7, claim...)(m)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	open(t, m, 1, nil)
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 8<<20 {
		t.Errorf("got %d bytes allocated, want less than 8 MiB", got)
	}
}

// TestRandomCrashes loses any mix of unsynced blocks and names, many times.
func TestRandomCrashes(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		w := newWorld(t, 250, 0)
		for range 3 {
			work(w)
			for range rng.IntN(6) {
				w.append(rng.IntN(100))
				w.flush()
			}
			w.crash(powerTorn, rng.IntN)
		}
	}
}
