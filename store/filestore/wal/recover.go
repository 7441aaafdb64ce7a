package wal

import (
	"errors"
	"fmt"
	iofs "io/fs"
)

// Recovery tells what Open found.
type Recovery struct {
	Records   int64  // replayed
	Bytes     int64  // their payloads
	TornBytes int64  // cut from the last segment: never synced, so never promised
	Later     int64  // good record headers in what was cut, behind the first bad one
	Lost      string // file that keeps what was cut when it held any, else ""
	Segments  int    // live, after recovery
}

// recovery is one run of Open. It first reads and replays everything, and
// repairs the end of the log only when nothing is left to refuse.
type recovery struct {
	log    *Log
	reader *reader
	from   uint64
	replay func(lsn uint64, payload []byte) error
	found  Recovery
	end    uint64 // LSN after the last good record
	tail   int64  // bytes behind it in the last segment: zeros, or torn
}

func (r *recovery) run() error {
	segs, err := listSegments(r.log.fs, r.log.dir)
	if err != nil && !errors.Is(err, iofs.ErrNotExist) {
		return err
	}
	if len(segs) == 0 {
		return r.createLog()
	}
	if err := r.measure(segs); err != nil {
		return err
	}
	if err := r.settle(segs[len(segs)-1]); err != nil {
		return err
	}
	unborn, err := r.unborn(segs[len(segs)-1])
	if err != nil {
		return err
	}
	if unborn {
		return r.finishUnborn(segs)
	}
	if err := r.read(segs, 0); err != nil {
		return err
	}
	return r.resume(segs)
}

func (r *recovery) measure(segs []segment) error {
	for i := range segs {
		info, err := r.log.fs.Stat(r.log.path(segs[i].first))
		if err != nil {
			return fmt.Errorf("measure segment: %w", err)
		}
		segs[i].size = info.Size()
	}
	return nil
}

// read replays the segments that cover the records from r.from on. follower is
// the first LSN of an unborn segment after them, or 0.
//
// Segments that end before r.from are not looked at: Trim may have removed some
// of them and a crash undone the removal of others.
func (r *recovery) read(segs []segment, follower uint64) error {
	for len(segs) > 1 && segs[1].first <= r.from {
		segs = segs[1:]
	}
	if first := segs[0].first; first > r.from {
		return &MissingError{First: r.from, Last: first - 1}
	}
	for i, seg := range segs {
		successor := follower
		if i+1 < len(segs) {
			successor = segs[i+1].first
		}
		if err := r.readSegment(seg, successor); err != nil {
			return err
		}
	}
	if r.end < r.from {
		return &MissingError{First: r.end, Last: r.from - 1}
	}
	return nil
}

// readSegment replays one segment. With a successor it must be whole and end
// just before it; without one (0) it may have a torn tail.
func (r *recovery) readSegment(seg segment, successor uint64) error {
	if err := r.reader.open(seg.first); err != nil {
		return err
	}
	defer r.reader.close()
	err := r.reader.each(r.visit)
	if damage := asDamage(err); damage != nil {
		r.found.Later, err = r.reader.judge(damage, successor == 0)
		r.found.TornBytes = r.reader.size - r.reader.off
	}
	if err != nil {
		return err
	}
	r.end, r.tail = r.reader.next, r.reader.size-r.reader.off
	if successor == 0 {
		return nil
	}
	return joins(r.end, successor)
}

func (r *recovery) visit(lsn uint64, payload []byte) error {
	if lsn < r.from {
		return nil
	}
	r.found.Records++
	r.found.Bytes += int64(len(payload))
	if err := r.replay(lsn, payload); err != nil {
		return fmt.Errorf("replay record %d: %w", lsn, err)
	}
	return nil
}

// joins checks that a segment which ends before the record end is followed by
// the segment that starts with it.
func joins(end, successor uint64) error {
	switch {
	case successor > end:
		return &MissingError{First: end, Last: successor - 1}
	case successor < end:
		return &CorruptionError{Damage: Damage{File: segmentName(successor), LSN: successor,
			Reason: fmt.Sprintf("the segment before it already holds records up to %d", end-1)}}
	}
	return nil
}
