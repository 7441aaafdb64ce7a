package wal

import (
	"errors"
	"fmt"
	iofs "io/fs"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// Inspection says what Verify does with what it reads. Its functions run in the
// goroutine of Verify; any may be nil.
type Inspection struct {
	// From is the record that Open would read from. Segments that end before it
	// are passed over: a crash may have undone the removal of some of them.
	From uint64
	// Damage is called for each damage found.
	Damage func(*CorruptionError)
	// Record is called for each record that is good. Its error ends Verify and is
	// returned wrapped.
	Record func(Record) error
}

// Record is one record of a log and where it is.
type Record struct {
	File    string // segment file name within the log's folder
	Offset  int64  // bytes from the start of the file
	LSN     uint64
	Payload []byte // valid during the call
}

// Verify reads the segments of the log in dir and reports each damage found, at
// most one to a segment, since what follows it cannot be trusted. It changes
// nothing and may run beside the log's owner: a segment removed meanwhile is
// passed over, and records that are being written look torn. next is the LSN
// behind the last record that was read.
//
// The error says why the log could not be read at all; a damaged log is no
// error. See Open for the kinds.
func Verify(fs vfs.FS, dir string, storeID [16]byte, in Inspection) (next uint64, err error) {
	segs, err := listSegments(fs, dir)
	if err != nil {
		return 0, fmt.Errorf("verify log %s: %w", dir, err)
	}
	for len(segs) > 1 && segs[1].first <= in.From {
		segs = segs[1:]
	}
	v := &verification{reader: newReader(fs, dir, storeID), Inspection: in}
	for i, seg := range segs {
		if err := v.segment(seg.first, i == len(segs)-1); err != nil {
			return 0, fmt.Errorf("verify log %s: %w", dir, err)
		}
	}
	return v.reader.next, nil
}

type verification struct {
	Inspection
	reader *reader
	end    uint64 // LSN after the segment before, 0 when not known
}

func (v *verification) report(d *CorruptionError) {
	if v.Damage != nil {
		v.Damage(d)
	}
}

func (v *verification) segment(first uint64, last bool) error {
	v.join(first)
	v.end = 0
	err := v.reader.open(first)
	if errors.Is(err, iofs.ErrNotExist) {
		return nil
	}
	if damage := asDamage(err); damage != nil {
		damage.Torn = last && v.reader.size <= headerSize && !damage.Flipped
		v.report(damage)
		return nil
	}
	if err != nil {
		return err
	}
	defer v.reader.close()
	if !last {
		vfs.DropCached(v.reader.file, 0, 0)
	}
	return v.records(last)
}

func (v *verification) records(last bool) error {
	for seen := int64(-1); ; v.reader.again() {
		err := v.reader.each(v.visit)
		damage := asDamage(err)
		if damage == nil {
			v.end = v.reader.next
			return err
		}
		found, err := v.judge(damage, last)
		if err != nil {
			return err
		}
		// The log's owner may have been writing the record: it is looked at twice.
		if !last || found.Torn || v.reader.off == seen {
			v.report(found)
			return nil
		}
		seen = v.reader.off
	}
}

func (v *verification) visit(lsn uint64, payload []byte) error {
	if v.Record == nil {
		return nil
	}
	size := int64(recordHeaderSize + len(payload))
	return v.Record(Record{File: v.reader.name, Offset: v.reader.off - size, LSN: lsn, Payload: payload})
}

// judge returns a damage with all there is to say of it.
func (v *verification) judge(damage *CorruptionError, last bool) (*CorruptionError, error) {
	_, err := v.reader.judge(damage, last)
	if err == nil {
		damage.Torn = true
		return damage, nil
	}
	if found := asDamage(err); found != nil {
		return found, nil
	}
	return nil, err
}

// join reports a segment that does not begin where the one before it ended.
func (v *verification) join(first uint64) {
	if v.end == 0 || v.end == first {
		return
	}
	v.report(&CorruptionError{Damage: Damage{File: segmentName(first), LSN: v.end,
		Reason: fmt.Sprintf("the segment before it ends with record %d", v.end-1)}})
}
