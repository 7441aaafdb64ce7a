package oracle

import "fmt"

// Log puts records together to transactions. The zero value is ready.
type Log struct {
	Committed []Transaction
	open      *Transaction
	end       uint64
}

// Add takes the next record of test_decoding and its LSN. A message outside any
// transaction is left out: nothing was committed with it.
func (l *Log) Add(lsn uint64, text string) error {
	r, err := parse(text)
	if err != nil {
		return err
	}
	switch {
	case r.begin != 0 && l.open != nil:
		return fmt.Errorf("got the begin of %d inside %d", r.begin, l.open.XID)
	case r.begin != 0:
		l.open = &Transaction{XID: r.begin}
	case r.commit != 0:
		return l.commit(r.commit, lsn)
	case l.open != nil:
		r.change.LSN = lsn
		l.open.Changes = append(l.open.Changes, *r.change)
	case r.change.Kind != Message:
		return fmt.Errorf("got a %s outside any transaction", r.change.Kind)
	}
	return nil
}

func (l *Log) commit(xid uint32, lsn uint64) error {
	if l.open == nil || l.open.XID != xid {
		return fmt.Errorf("got the commit of %d, which has not begun", xid)
	}
	l.open.End, l.end = lsn, lsn
	// The decoder's own way to skip the empty ones skips those with messages too.
	if len(l.open.Changes) > 0 {
		l.Committed = append(l.Committed, *l.open)
	}
	l.open = nil
	return nil
}
