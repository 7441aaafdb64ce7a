package wal

import (
	"fmt"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// keepBuffer is the most buffer space, in bytes, that is kept from one batch to
// the next. A single large batch does not hold memory for ever.
const keepBuffer = 8 << 20

// Append adds a record to the buffer and returns its number; nothing is written
// yet. encode appends the payload to dst and returns it as append does;
// it must not change what dst holds, nor keep either. The caller bounds how much it appends
// between flushes. An error, which may match ErrTooLarge, leaves the buffer as
// it was.
func (l *Log) Append(encode func(dst []byte) []byte) (lsn uint64, err error) {
	if l.failed != nil {
		return 0, l.failed
	}
	start := len(l.buf)
	buf := append(l.buf, make([]byte, recordHeaderSize)...)
	body := len(buf)
	buf = encode(buf)
	payload := buf[body:]
	if len(payload) > l.opts.MaxRecordBytes {
		return 0, fmt.Errorf("%w: %d bytes, limit %d", ErrTooLarge, len(payload), l.opts.MaxRecordBytes)
	}
	recordHeader{
		payloadSum: checksum(payload),
		length:     uint32(len(payload)),
		lsn:        l.next,
		durable:    l.durable - 1,
	}.put(buf[start:], l.seed)
	l.buf = buf
	l.next++
	return l.next - 1, nil
}

// Flush writes all appended records with one write, in a new segment when they
// do not fit the last one. On an error none of them is in the log, now or after
// a crash, and their numbers will be given again: Flush has emptied the buffer.
// An error that matches ErrBroken is the exception: the outcome is unknown until
// the log is opened again.
func (l *Log) Flush() error {
	if l.failed != nil {
		return l.failed
	}
	if len(l.buf) == 0 {
		return nil
	}
	err := l.write()
	if err != nil {
		l.next = l.flushed
	}
	l.buf = l.buf[:0]
	if cap(l.buf) > keepBuffer {
		l.buf = nil
	}
	return err
}

func (l *Log) write() error {
	if !l.fits(int64(len(l.buf))) {
		if err := l.roll(); err != nil {
			return err
		}
	}
	last := l.last()
	if err := l.zeroAhead(last.size + int64(len(l.buf))); err != nil {
		return l.takeBack(err)
	}
	if err := writeAll(l.active, l.buf, last.size); err != nil {
		return l.takeBack(err)
	}
	last.size += int64(len(l.buf))
	l.flushed = l.next
	l.startWriting(last.size)
	return nil
}

// aheadOfSync is after how many bytes the kernel is asked to begin writing where
// batches are not synced one by one, and so have no zeros ahead. Otherwise the
// sync that ends a segment would hold up everybody while it writes all of it.
const aheadOfSync = 4 << 20

func (l *Log) startWriting(size int64) {
	if l.opts.ZeroAhead == 0 && size-l.started >= aheadOfSync {
		vfs.StartWriting(l.active, l.started, size-l.started)
		l.started = size
	}
}

// fits reports whether the last segment can take n more bytes. An empty one
// takes a batch of any size.
func (l *Log) fits(n int64) bool {
	if l.active == nil {
		return false
	}
	size := l.last().size
	return size == headerSize || size+n <= l.opts.SegmentBytes
}

// zeroAhead sees to zeros behind records that will end at end.
func (l *Log) zeroAhead(end int64) error {
	if l.opts.ZeroAhead == 0 || end <= l.zeroed {
		return nil
	}
	if l.zeros == nil {
		l.zeros = make([]byte, l.opts.ZeroAhead)
	}
	if err := writeAll(l.active, l.zeros, end); err != nil {
		return err
	}
	l.zeroed = end + int64(len(l.zeros))
	return nil
}

// takeBack cuts off what a failed write may have left behind the last good
// record. The cut is synced: the caller tells its clients that these records
// were refused, so they must not come back after a power loss.
func (l *Log) takeBack(writeErr error) error {
	last := l.last()
	name := segmentName(last.first)
	if err := l.active.Truncate(last.size); err != nil {
		return l.fail(fmt.Errorf("cut segment %s back after a failed write (%w): %w", name, writeErr, err))
	}
	l.zeroed = 0
	if err := l.syncActive(); err != nil {
		return err
	}
	return fmt.Errorf("write segment %s: %w", name, writeErr)
}

// Sync makes every flushed record durable. A failure breaks the log for ever:
// this and every later call returns an error that matches ErrBroken and wraps
// the cause, and no sync is tried again.
func (l *Log) Sync() error {
	if l.failed != nil {
		return l.failed
	}
	if l.durable == l.flushed {
		return nil
	}
	return l.syncActive()
}

func (l *Log) syncActive() error {
	if err := l.active.Sync(); err != nil {
		return l.fail(fmt.Errorf("sync segment %s: %w", segmentName(l.last().first), err))
	}
	l.durable = l.flushed
	return nil
}
