package wal

import (
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"path"
	"strings"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// A tail that is cut off with good records in it may hold changes that were
// acknowledged without a sync. It is kept in a file of its own, in case somebody
// wants to look: the bytes of the segment from the first bad record on, named by
// that record and the checksum of the bytes, so that a recovery which is cut short
// itself makes the same file again.
const (
	lostSuffix = ".cut"
	// maxLost is how many such files there are. One more takes the place of the
	// one with the lowest record.
	maxLost = 8
)

// keep saves the tail of the last segment, open as f and already measured without
// it, when there are records in it. It is durable on return.
func (r *recovery) keep(f vfs.File, last *segment) error {
	dir := r.log.opts.Lost
	if r.found.Later == 0 || dir == "" {
		return nil
	}
	sum, err := checksumOf(io.NewSectionReader(f, last.size, r.tail))
	if err != nil {
		return fmt.Errorf("read tail of segment %s: %w", segmentName(last.first), err)
	}
	name := path.Join(dir, fmt.Sprintf("%016x-%08x%s", r.end, sum, lostSuffix))
	if err := r.copyTail(name, io.NewSectionReader(f, last.size, r.tail)); err != nil {
		return fmt.Errorf("keep tail of segment %s in %s: %w", segmentName(last.first), name, err)
	}
	r.found.Lost = name
	return nil
}

func checksumOf(in io.Reader) (sum uint32, err error) {
	h := newChecksum()
	_, err = io.Copy(h, in)
	return h.Sum32(), err
}

func (r *recovery) copyTail(name string, tail io.Reader) error {
	fs, dir := r.log.fs, path.Dir(name)
	if err := fs.MkdirAll(dir); err != nil {
		return err
	}
	if err := fs.SyncDir(path.Dir(dir)); err != nil {
		return err
	}
	if err := r.makeRoom(name); err != nil {
		return err
	}
	f, err := fs.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.Copy(io.NewOffsetWriter(f, 0), tail); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return fs.SyncDir(dir)
}

// makeRoom removes the oldest files until there is room for one more.
func (r *recovery) makeRoom(name string) error {
	dir := path.Dir(name)
	names, err := r.log.fs.List(dir)
	if err != nil {
		return err
	}
	var kept []string
	for _, n := range names {
		if strings.HasSuffix(n, lostSuffix) && n != path.Base(name) {
			kept = append(kept, n)
		}
	}
	for ; len(kept) >= maxLost; kept = kept[1:] {
		err := r.log.fs.Remove(path.Join(dir, kept[0]))
		if err != nil && !errors.Is(err, iofs.ErrNotExist) {
			return err
		}
	}
	return nil
}
