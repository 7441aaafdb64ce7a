package crashfs

import (
	"fmt"
	"io/fs"
)

// Op is a kind of call.
type Op uint8

// The kinds of calls. Those up to OpMkdir may change something and are then in
// the log.
const (
	OpCreate Op = iota
	OpOpenWrite
	OpLock
	OpWrite
	OpTruncate
	OpSync
	OpSyncAll
	OpSyncDir
	OpRename
	OpRemove
	OpMkdir
	OpOpen
	OpRead
	OpClose
	OpList
	OpStat
	opCount
)

var opNames = [opCount]string{"create", "openwrite", "lock", "write", "truncate", "sync", "syncall", "syncdir",
	"rename", "remove", "mkdir", "open", "read", "close", "list", "stat"}

// String returns the kind's name.
func (o Op) String() string { return opNames[o] }

// Ops returns every kind of call.
func Ops() []Op {
	all := make([]Op, opCount)
	for i := range all {
		all[i] = Op(i)
	}
	return all
}

// Call is one call that is about to be made.
type Call struct {
	Op   Op
	Name string // of the file or folder; of a rename the old one
	// N counts the calls of this kind since Fail, from 1 on.
	N int
}

// Effect is what a failing call does all the same.
type Effect uint8

// The effects. A sync that does Nothing loses what it should have made durable.
// Half of a write is its first half; of any other call it is Nothing.
const (
	Nothing Effect = iota
	Done
	Half
)

// Fault makes a call fail. The zero Fault lets it pass.
type Fault struct {
	Err    error // nil: no fault
	Effect Effect
}

// Fail sets the function that decides which calls fail, from the next call on;
// nil ends it. It is asked before each call, by the goroutine that makes it and
// outside all locks, so it may wait.
func (m *FS) Fail(f func(Call) Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = f
	m.counts = [opCount]int{}
}

// admit counts a call and asks for its fault.
func (m *FS) admit(op Op, name string) (Fault, error) {
	m.mu.Lock()
	if m.killed {
		m.mu.Unlock()
		return Fault{}, failed(op, name, ErrKilled)
	}
	m.counts[op]++
	c, fail := Call{Op: op, Name: name, N: m.counts[op]}, m.fail
	m.mu.Unlock()
	if fail == nil {
		return Fault{}, nil
	}
	f := fail(c)
	if f.Err != nil {
		f.Err = failed(op, name, f.Err)
	}
	return f, nil
}

// do makes a call, under the lock, as far as its fault lets it.
func (m *FS) do(op Op, name string, apply func() error) error {
	f, err := m.admit(op, name)
	if err != nil {
		return err
	}
	if f.Err != nil && f.Effect != Done {
		return f.Err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.killed {
		return failed(op, name, ErrKilled)
	}
	if err := apply(); err != nil {
		return err
	}
	return f.Err
}

// doSync is do for the kinds of sync, which leave their mark when they fail.
func (m *FS) doSync(op Op, name string, apply func(failed bool) error) error {
	f, err := m.admit(op, name)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.killed {
		return failed(op, name, ErrKilled)
	}
	if err := apply(f.Err != nil && f.Effect != Done); err != nil {
		return err
	}
	return f.Err
}

func failed(op Op, name string, err error) error {
	return &fs.PathError{Op: op.String(), Path: name, Err: err}
}

// record is a call in the log, with all it takes to do it again.
type record struct {
	op     Op
	name   string
	to     string // of a rename
	node   int    // the inode created, written, renamed, removed or synced
	fresh  bool   // the inode was made by this call
	off    int64  // where a write begins; the size of a truncation
	data   []byte
	failed bool // a sync that failed
}

func (r *record) String() string {
	s := fmt.Sprintf("%s %s", r.op, r.name)
	switch {
	case r.op == OpWrite:
		s += fmt.Sprintf(" at %d, %d bytes", r.off, len(r.data))
	case r.op == OpTruncate:
		s += fmt.Sprintf(" to %d", r.off)
	case r.op == OpRename:
		s += " to " + r.to
	case r.failed:
		s += " failed"
	}
	return s
}

// Trace describes the logged calls from number from up to number to, one a line.
func (m *FS) Trace(from, to int) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var lines []string
	for i := max(from, 0); i < min(to, len(m.log)); i++ {
		lines = append(lines, fmt.Sprintf("%d %s", i+1, m.log[i].String()))
	}
	return lines
}
