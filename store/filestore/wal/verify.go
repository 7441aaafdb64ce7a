package wal

import (
	"errors"
	"fmt"
	iofs "io/fs"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// Verify reads all segments of the log in dir and calls report for each damage
// found, at most one to a segment, since what follows it cannot be trusted. It
// changes nothing and may run beside the log's owner: a segment removed
// meanwhile is passed over, and records that are being written look torn.
//
// The error says why the log could not be read at all; a damaged log is no
// error. See Open for the kinds.
func Verify(fs vfs.FS, dir string, storeID [16]byte, report func(Damage)) error {
	segs, err := listSegments(fs, dir)
	if err != nil {
		return fmt.Errorf("verify log %s: %w", dir, err)
	}
	v := &verification{reader: newReader(fs, dir, storeID), report: report}
	for i, seg := range segs {
		if err := v.segment(seg.first, i == len(segs)-1); err != nil {
			return fmt.Errorf("verify log %s: %w", dir, err)
		}
	}
	return nil
}

type verification struct {
	reader *reader
	report func(Damage)
	end    uint64 // LSN after the segment before, 0 when not known
}

func (v *verification) segment(first uint64, last bool) error {
	v.join(first)
	v.end = 0
	err := v.reader.open(first)
	if errors.Is(err, iofs.ErrNotExist) {
		return nil
	}
	if damage := asDamage(err); damage != nil {
		damage.Torn = last && v.reader.size <= headerSize
		v.report(damage.Damage)
		return nil
	}
	if err != nil {
		return err
	}
	defer v.reader.close()
	return v.records(last)
}

func (v *verification) records(last bool) error {
	err := v.reader.each(func(uint64, []byte) error { return nil })
	damage := asDamage(err)
	if damage == nil {
		v.end = v.reader.next
		return err
	}
	if last {
		err := v.reader.tornTail(damage)
		if err != nil && asDamage(err) == nil {
			return err
		}
		damage.Torn = err == nil
	}
	v.report(damage.Damage)
	return nil
}

// join reports a segment that does not begin where the one before it ended.
func (v *verification) join(first uint64) {
	if v.end == 0 || v.end == first {
		return
	}
	v.report(Damage{File: segmentName(first), LSN: v.end,
		Reason: fmt.Sprintf("the segment before it ends with record %d", v.end-1)})
}
