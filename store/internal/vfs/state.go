package vfs

import "golang.org/x/sys/unix"

// State tells one state of a file from a later one: another file of the same
// name, or the same file after a write. Two are compared with ==. Writes within
// one tick of the kernel's clock, some milliseconds, may leave the same State.
type State struct {
	device, inode     uint64
	size              int64
	modified, changed unix.Timespec
}

// StateOf returns the present state of an open file. known is false for a file
// that cannot tell, as one in memory.
func StateOf(f File) (s State, known bool) {
	o := OSFile(f)
	if o == nil {
		return State{}, false
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(o.Fd()), &st); err != nil {
		return State{}, false
	}
	return State{
		device: uint64(st.Dev), inode: st.Ino,
		size: st.Size, modified: st.Mtim, changed: st.Ctim,
	}, true
}
