package acidstore

import (
	"errors"

	"github.com/weirstreams/weir/store"
)

// conclude moves the settled state over the batch and tells who waits.
func (sh *shard) conclude(batch []op) {
	sh.mu.Lock()
	for i := range batch {
		o := &batch[i]
		if o.err = o.h.step.err; o.err == nil {
			sh.applyLocked(o)
		} else {
			sh.spoilLocked(o)
		}
	}
	sh.tally(batch)
	for _, s := range sh.writer.steps {
		s.endLocked(sh)
	}
	sh.mu.Unlock()
	for i := range batch {
		o := &batch[i]
		if f := o.h.meta.Config.Fork; o.err == nil && f != nil {
			sh.store.refer(f, o.kind)
		}
		if o.done != nil {
			o.done.Settled(o.err)
		}
	}
}

// tally notes, for operators, what became of a batch.
func (sh *shard) tally(batch []op) {
	settled, full := int64(0), int64(0)
	for i := range batch {
		switch o := &batch[i]; {
		case o.kind == opRefer:
		case o.err == nil:
			settled++
		case errors.Is(o.err, store.ErrNoSpace):
			full++
		}
	}
	if settled > 0 {
		sh.commits.Add(settled)
		sh.store.groupSize.Observe(settled)
	}
	if full > 0 {
		sh.store.noSpace.Add(full)
	}
}

// applyLocked moves the settled state over one op.
func (sh *shard) applyLocked(o *op) {
	h := o.h
	if o.change != nil {
		h.mu.Lock()
		h.meta.Apply(o.change)
		h.mu.Unlock()
	}
	switch o.kind {
	case opCreate:
		h.settled = true
		sh.count.Add(1)
	case opDelete:
		sh.forgetLocked(h)
		sh.count.Add(-1)
	case opRefer:
		sh.releaseLocked(h)
	}
}

// spoilLocked notes that an op has failed.
func (sh *shard) spoilLocked(o *op) {
	switch o.kind {
	case opRefer:
		// The count in memory is right, and the stream stays there until it is
		// written: at once if only what came beside it has failed, or with the next
		// fold. The start after a read-only shard counts anew.
		switch s := o.h.step; {
		case sh.failure() != nil:
		case len(s.ops) > 0 || errors.Is(s.err, store.ErrAborted):
			sh.queue.Add(*o)
		default:
			sh.writer.uncounted = append(sh.writer.uncounted, o.h)
			sh.writer.foldTimer.Reset(foldAfter)
		}
	case opCreate:
		sh.forgetLocked(o.h)
		fallthrough
	default:
		o.h.fail(o.err)
	}
}
