package storetest

import (
	"fmt"
	"sync"

	"github.com/weirstreams/weir/store"
)

var orderTests = map[string]func(*fixture){
	"one stream settles in order": testSettleOrder,
	"append and delete":           testAppendThenDelete,
}

// ticket notes its number when it has settled.
type ticket struct {
	number int
	log    *ticketLog
}

type ticketLog struct {
	mu      sync.Mutex
	settled []int
	errs    []error
	all     sync.WaitGroup
}

// Settled implements store.Completion.
func (k ticket) Settled(err error) {
	k.log.mu.Lock()
	defer k.log.mu.Unlock()
	k.log.settled = append(k.log.settled, k.number)
	if err != nil {
		k.log.errs = append(k.log.errs, err)
	}
	k.log.all.Done()
}

// stage calls one staging method and settles the ticket if the tier does not.
func (l *ticketLog) stage(number int, call func(store.Completion) (bool, error)) error {
	l.all.Add(1)
	k := ticket{number, l}
	settled, err := call(k)
	if settled || err != nil {
		k.Settled(err)
	}
	return err
}

// inOrder reports the first that did not settle after the one before it.
func (l *ticketLog) inOrder(n int) error {
	l.all.Wait()
	if len(l.settled) != n {
		return fmt.Errorf("%d changes settled, want %d", len(l.settled), n)
	}
	for i, number := range l.settled {
		if number != i {
			return fmt.Errorf("change %d settled in place %d", number, i)
		}
	}
	return nil
}

func testSettleOrder(f *fixture) {
	f.plain("s", "")
	h := f.hold("s")
	defer h.Release()
	var log ticketLog
	for i := range 500 {
		c := store.Change{Bytes: fmt.Appendf(nil, "%d;", i)}
		err := log.stage(i, func(k store.Completion) (bool, error) { return h.Commit(private(c), k) })
		if err != nil {
			f.Fatalf("commit %d: %v", i, err)
		}
		f.model.apply("s", c)
	}
	if err := log.inOrder(500); err != nil {
		f.Errorf("%v", err)
	}
	if len(log.errs) > 0 {
		f.Errorf("commits failed: %v", log.errs)
	}
	f.everywhere()
}

// testAppendThenDelete stages a deletion behind an append: both settle, and
// nothing of the append is left.
func testAppendThenDelete(f *fixture) {
	f.plain("s", "x")
	f.settle()
	h := f.hold("s")
	var log ticketLog
	log.stage(0, func(k store.Completion) (bool, error) {
		return h.Commit(&store.Change{Bytes: []byte("late")}, k)
	})
	log.stage(1, h.Delete)
	if err := log.inOrder(2); err != nil {
		f.Errorf("%v", err)
	}
	if len(log.errs) > 0 {
		f.Errorf("an append and a deletion behind it: %v", log.errs)
	}
	h.Release()
	f.model.remove("s")
	f.everywhere()
}
