package acidstore

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore/internal/boltfile"
)

// What one transaction takes at most. Beyond it the rest waits for the next.
const (
	maxBatchBytes = 4 << 20
	maxBatchOps   = 512
	// keptOps is how many ops the two queues' memory is kept for, and keptSteps
	// how many steps.
	keptOps   = 4096
	keptSteps = 4096
)

// syncsPerCommit is what bbolt does: the pages, then the page that leads to them.
const syncsPerCommit = 2

// writer is the goroutine that turns what is staged in a shard into transactions.
type writer struct {
	drain chan drain
	tidy  chan struct{} // has an element when there may be more to reclaim
	quit  chan struct{}
	ended sync.WaitGroup

	// Owned by the goroutine.
	spare   []op
	steps   []*step // of the present batch
	idle    []*step // to be used again
	wrote   bool    // a transaction has been committed
	garbage bool    // the trash may hold something that nobody reads
	// uncounted holds the streams whose counts of references could not be written.
	uncounted []*handle

	// The journal, and what folds it.
	dirty     map[*handle]struct{} // the streams of which it has changes
	journal   int64                // bytes in it
	aside     aside                // what of it belongs to streams in quarantine
	value     []byte               // what the present transaction adds
	noted     int64                // the length of that
	folding   bool                 // the present transaction folds
	foldNow   bool                 // the next one is to
	foldTimer *time.Timer
}

// drain asks for all that is queued to be settled.
type drain struct {
	fold bool // and folded
	done chan struct{}
}

func (sh *shard) start() {
	w := &sh.writer
	w.drain = make(chan drain)
	w.tidy = make(chan struct{}, 1)
	w.quit = make(chan struct{})
	w.foldTimer = time.NewTimer(foldAfter)
	w.ended.Go(sh.run)
}

// stop settles what is still queued and waits for the goroutine.
func (sh *shard) stop() {
	close(sh.writer.quit)
	sh.writer.ended.Wait()
}

// settle returns when all that is queued has settled, and been folded if asked.
func (sh *shard) settle(fold bool) {
	d := drain{fold: fold, done: make(chan struct{})}
	sh.writer.drain <- d
	<-d.done
}

func (sh *shard) run() {
	w := &sh.writer
	defer w.foldTimer.Stop()
	for {
		// What deleted streams have left is removed when there is nothing else to
		// do; a little of it goes with every batch.
		var idle <-chan struct{}
		if w.garbage && sh.failure() == nil {
			idle = always
		}
		select {
		case <-sh.queue.Wake():
			sh.commitQueued()
			continue
		case d := <-w.drain:
			sh.commitQueued()
			if d.fold {
				sh.fold()
			}
			close(d.done)
			continue
		case <-w.foldTimer.C:
			sh.fold()
			continue
		case <-w.tidy:
			w.garbage = true
			continue
		case <-w.quit:
			sh.commitQueued()
			return
		case <-idle:
		}
		sh.inTurn(func() { sh.commit(nil) })
	}
}

// always can be received from.
var always = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// inTurn runs f as one of the shards that commit. Whoever is ready to stage goes
// first: that makes the batch larger, and a processor with nothing else to run is
// not taken away from the sync that sleeps on it.
func (sh *shard) inTurn(f func()) {
	sh.store.turns.take(sh)
	defer sh.store.turns.give()
	runtime.Gosched()
	f()
}

// fold empties the journal, and stages the counts of references that a full disk
// has left unwritten.
func (sh *shard) fold() {
	for _, h := range sh.writer.uncounted {
		sh.queue.Add(op{kind: opRefer, h: h})
	}
	sh.writer.uncounted = nil
	if sh.writer.journal == 0 || sh.failure() != nil {
		return
	}
	sh.writer.foldNow = true
	sh.inTurn(func() { sh.commit(nil) })
	if sh.writer.journal > 0 { // for want of room
		sh.writer.foldTimer.Reset(foldAfter)
	}
}

// commitQueued settles all that is queued, batch by batch.
func (sh *shard) commitQueued() {
	sh.inTurn(func() {
		all := sh.queue.Take(sh.writer.spare)
		for rest := all; len(rest) > 0; {
			n, bytes := 0, 0
			for n < len(rest) && n < maxBatchOps && bytes < maxBatchBytes {
				bytes += rest[n].weight()
				n++
			}
			sh.commit(rest[:n])
			rest = rest[n:]
		}
		clear(all)
		sh.writer.spare = all
		if cap(all) > keptOps {
			sh.writer.spare = nil
		}
	})
}

// commit makes one batch durable and settles it.
func (sh *shard) commit(batch []op) {
	sh.plan(batch)
	sh.considerFold()
	sh.transact()
	sh.conclude(batch)
	w := &sh.writer
	for _, s := range w.steps {
		if len(w.idle) < keptSteps {
			clear(s.ops)
			*s = step{ops: s.ops[:0]} // keeps no stream in memory
			w.idle = append(w.idle, s)
		}
	}
	clear(w.steps)
	w.steps = w.steps[:0]
}

// plan turns the batch into one step for each stream.
func (sh *shard) plan(batch []op) {
	for i := range batch {
		o := &batch[i]
		s := o.h.step
		if s == nil {
			s = sh.newStep(o.h)
		}
		if o.kind != opRefer && s.err == nil && o.h.failed() {
			s.err = store.ErrAborted
		}
		if s.err == nil {
			s.add(o)
		}
	}
}

func (sh *shard) newStep(h *handle) *step {
	w := &sh.writer
	s := &step{}
	if n := len(w.idle); n > 0 {
		s, w.idle = w.idle[n-1], w.idle[:n-1]
	}
	s.begin(h)
	h.step = s
	w.steps = append(w.steps, s)
	return s
}

// transact commits the steps. Those that fail by themselves are left out, and
// their error is noted in them; a failure of the transaction fails all.
func (sh *shard) transact() {
	for sh.pending() {
		err := sh.attempt()
		var alone *stepError
		switch {
		case err == nil:
			return
		case errors.As(err, &alone):
			alone.step.err = fmt.Errorf("%w: %w", store.ErrNotWritten, sh.damage(alone.step.next.Name, alone.err))
			// What the journal has of the stream stays there.
			sh.writer.folding = sh.writer.folding && !alone.step.h.dirty
		case errors.Is(err, store.ErrNoSpace) && sh.refuseGrowth(err):
		default:
			sh.failSteps(err)
			sh.writer.garbage = false // until the next deletion
			return
		}
	}
}

// pending reports whether there is anything to commit.
func (sh *shard) pending() bool {
	if sh.failure() != nil {
		sh.failSteps(sh.failure())
		return false
	}
	for _, s := range sh.writer.steps {
		if s.err == nil {
			return true
		}
	}
	return sh.writer.garbage || sh.writer.folding
}

// refuseGrowth gives up the fold, or fails the steps that make the file larger,
// and reports whether anything has changed by that: the others may free room.
func (sh *shard) refuseGrowth(err error) (any bool) {
	if sh.writer.folding {
		sh.writer.folding = false
		return true
	}
	var others []*step
	for _, s := range sh.writer.steps {
		switch {
		case s.err != nil:
		case s.grows():
			s.err, any = err, true
		default:
			others = append(others, s)
		}
	}
	if any || len(others) < 2 {
		return any
	}
	// So many at once may need more pages than are free; fewer may not.
	for _, s := range others[len(others)/2:] {
		s.err = err
	}
	return true
}

func (sh *shard) failSteps(err error) {
	for _, s := range sh.writer.steps {
		if s.err == nil {
			s.err = err
		}
	}
}

// attempt commits one transaction with every step that has not failed. After an
// error nothing of it is in the file; an error of the commit itself turns the
// shard read-only.
func (sh *shard) attempt() error {
	written := false
	meta := 0 // the page that bbolt writes last
	err := sh.update(func(tx *bolt.Tx, base *boltfile.Reader) error {
		meta = tx.ID() % 2
		if err := sh.makeRoom(tx); err != nil {
			return err
		}
		t := tablesOf(tx, base)
		if !sh.writer.wrote {
			if err := t.delete(aboutBucket, wholeKey); err != nil {
				return err
			}
		}
		for _, s := range sh.writer.steps {
			if s.err != nil {
				continue
			}
			if err := s.write(&t, sh.writer.folding); isDamage(err) {
				return err
			} else if err != nil {
				return &stepError{s, err}
			}
		}
		if err := errors.Join(sh.noteOrEmpty(&t), sh.writeCount(&t), sh.reclaim(&t)); err != nil {
			return err
		}
		written = true
		return nil
	})
	if err == nil {
		sh.committed()
		return nil
	}
	var alone *stepError
	if !written && (errors.As(err, &alone) || errors.Is(err, store.ErrNoSpace)) {
		return err
	}
	if isFullWrite(err) {
		return fmt.Errorf("%w: %w", store.ErrNoSpace, err)
	}
	if written {
		sh.takeBack(meta)
	}
	if isDamage(err) {
		err = fmt.Errorf("%w: run \"weir check\", and restore from a backup", sh.damage("", err))
	}
	return sh.fail(err)
}

// noteOrEmpty writes the journal.
func (sh *shard) noteOrEmpty(t *tables) error {
	if sh.writer.folding {
		return errors.Join(emptyJournal(t), sh.writer.aside.write(t))
	}
	return sh.writeJournal(t)
}

// committed notes what a transaction has done.
func (sh *shard) committed() {
	w := &sh.writer
	w.wrote = true
	sh.syncs.Add(syncsPerCommit)
	if w.folding {
		w.journal = 0
	} else {
		w.journal += w.noted
	}
	sh.noted.Store(w.journal)
}

// writeCount stores how many streams there are after the steps.
func (sh *shard) writeCount(t *tables) error {
	delta := 0
	for _, s := range sh.writer.steps {
		delta += s.delta()
	}
	if delta == 0 {
		return nil
	}
	n := uint64(sh.count.Load() + int64(delta))
	return t.put(aboutBucket, countKey, encodeNumber(aboutBucket, countKey, n))
}
