package crashlab_test

import (
	"fmt"
	"sync"
	"syscall"

	"github.com/weirstreams/weir/store/storetest/crashfs"
)

// trouble is which calls fail, and how.
type trouble struct {
	op     crashfs.Op
	nth    int // of its kind
	always bool
	err    error
	effect crashfs.Effect

	mu    sync.Mutex // guards seen
	seen  int
	ended bool
}

func (x *trouble) String() string {
	which := fmt.Sprintf("%s number %d fails", x.op, x.nth)
	if x.always {
		which += " and all after it"
	}
	return fmt.Sprintf("%s with %v, %s", which, x.err, [...]string{"not done", "done", "half done"}[x.effect])
}

func (x *trouble) ask(c crashfs.Call) crashfs.Fault {
	x.mu.Lock()
	defer x.mu.Unlock()
	if c.Op != x.op || x.ended {
		return crashfs.Fault{}
	}
	if x.seen++; x.seen == x.nth || x.always && x.seen > x.nth {
		return crashfs.Fault{Err: x.err, Effect: x.effect}
	}
	return crashfs.Fault{}
}

// happened reports whether there were as many calls as the trouble waits for.
func (x *trouble) happened() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.seen >= x.nth
}

// end lets every call pass from now on.
func (x *trouble) end() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ended = true
}

// kinds of trouble that a call of a kind may meet.
func troubles(op crashfs.Op) []*trouble {
	full := syscall.ENOSPC
	switch op {
	case crashfs.OpOpen, crashfs.OpList, crashfs.OpLock:
		full = syscall.EMFILE
	case crashfs.OpSync, crashfs.OpSyncAll, crashfs.OpSyncDir, crashfs.OpRead, crashfs.OpClose, crashfs.OpStat, crashfs.OpRemove:
		full = syscall.EIO
	}
	all := []*trouble{{op: op, err: full}, {op: op, err: full, always: true}, {op: op, err: syscall.EIO, effect: crashfs.Done}}
	if op == crashfs.OpWrite || op == crashfs.OpCreate || op == crashfs.OpOpenWrite {
		all = append(all, &trouble{op: op, err: syscall.EIO})
	}
	if op == crashfs.OpWrite {
		all = append(all, &trouble{op: op, err: full, effect: crashfs.Half}, &trouble{op: op, err: full, effect: crashfs.Half, always: true})
	}
	return all
}
