package acidstore

import "time"

const (
	// foldAfter is how long a change stays in the journal, and its stream in
	// memory, at most, when nothing else happens.
	foldAfter = 10 * time.Second
	// A fold is worth its transaction when there are foldStream bytes for each
	// stream in it; a larger journal makes each commit dearer. minJournal and
	// maxJournal bound what comes of that, and allJournals the journals of all
	// shards together: so much is in memory, and is read again after a crash.
	foldStream  = 4 << 10
	minJournal  = 256 << 10
	maxJournal  = 4 << 20
	allJournals = 64 << 20
)

// journalBound is how large the journal of one of so many shards may grow while it
// has changes of so many streams.
func journalBound(shards, streams int) int64 {
	bound := min(max(foldStream*int64(streams), minJournal), maxJournal)
	return min(bound, allJournals/int64(shards))
}

// considerFold decides whether the transaction of the present batch folds. Then
// every stream of which the journal has changes gets a step.
func (sh *shard) considerFold() {
	w := &sh.writer
	weight := w.journal
	for _, s := range w.steps {
		weight += int64(s.bytes)
	}
	w.folding = w.foldNow || weight > journalBound(len(sh.store.shards), len(w.dirty))
	w.foldNow = false
	if !w.folding {
		return
	}
	for h := range w.dirty {
		if h.step != nil && h.step.err != nil {
			// It folds nothing, and the journal is emptied whole.
			w.folding = false
			return
		}
	}
	for h := range w.dirty {
		if h.step == nil {
			sh.newStep(h)
		}
	}
}

// compareDueLocked notes whether the due time of a stream is the one in the file.
func (sh *shard) compareDueLocked(h *handle) {
	if !h.removed && h.due() != h.stored.due() {
		sh.ahead[h] = struct{}{}
	} else {
		delete(sh.ahead, h)
	}
}

// soilLocked notes that the journal has changes of a stream, and keeps it in
// memory.
func (sh *shard) soilLocked(h *handle) {
	if h.dirty {
		return
	}
	h.dirty = true
	h.refs++
	w := &sh.writer
	if len(w.dirty) == 0 && w.foldTimer != nil {
		w.foldTimer.Reset(foldAfter)
	}
	w.dirty[h] = struct{}{}
}

// cleanLocked notes that the journal has nothing more of a stream.
func (sh *shard) cleanLocked(h *handle) {
	if !h.dirty {
		return
	}
	h.dirty = false
	delete(sh.writer.dirty, h)
	sh.releaseLocked(h)
}
