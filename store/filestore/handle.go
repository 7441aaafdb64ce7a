package filestore

import (
	"fmt"
	"io"
	"sync"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/internal/duequeue"
	"github.com/weirstreams/weir/store/internal/tailbuf"
)

// handle is one stream in memory.
type handle struct {
	store *Store

	// Guarded by store.mu.
	refs    int
	slot    duequeue.Slot
	deleted bool // the deletion has settled
	dirty   bool // the next checkpoint has to write the stream
	writing bool // the present checkpoint is writing it

	// What the catalogue and the data file have. Set before a checkpoint sees
	// the handle, and then only by checkpoints.
	stored    bool  // the catalogue has an entry
	storedDue int64 // the due time in it
	flushed   int64 // the bytes up to this position are in the data file

	mu sync.Mutex // guards what follows
	// meta is the settled state; its ID, Name and Config never change.
	meta store.Meta
	lsn  uint64 // the log record that led to meta
	// buf holds the bytes that are not in the data file yet, and maybe some
	// before them. It reaches beyond meta.Tail by what is staged.
	buf tailbuf.Buffer
	// broken is why a staged change failed. Until Reset nothing more is staged,
	// and what was staged behind it fails too.
	broken error
	doomed bool // a deletion is staged: nothing may be staged behind it
	good   good // what is known of the data file

	verifying sync.Mutex // held, before mu, while the data file is verified
}

var (
	_ store.Handle = (*handle)(nil)
	_ store.Helper = (*handle)(nil)
)

func newHandle(s *Store, m store.Meta) *handle {
	return &handle{store: s, meta: m, buf: tailbuf.At(m.Tail), flushed: m.Tail, storedDue: store.Never}
}

// DueSlot implements duequeue.Item.
func (h *handle) DueSlot() *duequeue.Slot { return &h.slot }

// Meta implements store.Handle.
func (h *handle) Meta() store.Meta {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.meta.Clone()
}

// Commit implements store.Handle.
func (h *handle) Commit(c *store.Change, done store.Completion) (bool, error) {
	return false, h.stage(entry{kind: kindChange, h: h, change: c, done: done})
}

// Delete implements store.Handle.
func (h *handle) Delete(done store.Completion) (bool, error) {
	return false, h.stage(entry{kind: kindDelete, h: h, done: done})
}

// stage takes the bytes of a change into the buffer and queues it. The queue has
// the changes of a stream in the order of their bytes.
func (h *handle) stage(e entry) error {
	if err := h.store.Health(); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.broken != nil {
		return store.ErrAborted
	}
	if h.doomed {
		return store.ErrNotFound
	}
	e.tail = h.buf.End()
	if e.change != nil && len(e.change.Bytes) > 0 {
		held := h.buf.Held()
		e.change.Bytes = h.buf.Append(e.change.Bytes)
		h.store.held.Add(h.buf.Held() - held)
	}
	err := h.store.queue.Push(e)
	if err != nil {
		h.cutLocked(e.tail)
		return err
	}
	h.doomed = e.kind == kindDelete
	return nil
}

// cutLocked takes back the bytes from position pos on.
func (h *handle) cutLocked(pos int64) {
	held := h.buf.Held()
	h.buf.Cut(pos)
	h.store.held.Add(h.buf.Held() - held)
}

// Reset implements store.Handle.
func (h *handle) Reset() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cutLocked(h.meta.Tail)
	h.broken, h.doomed = nil, false
}

// Read implements store.Handle. What the buffer no longer has is in the file.
func (h *handle) Read(from, to int64) ([]store.Piece, error) {
	h.mu.Lock()
	start := h.buf.Start()
	slices := h.buf.Slices(max(from, start), to)
	h.mu.Unlock()
	var pieces []store.Piece
	if from < start && from < to {
		section, err := h.openSection(from, min(to, start))
		if err != nil {
			return nil, h.goneOr(err)
		}
		pieces = append(pieces, store.Piece{File: section})
	}
	for _, b := range slices {
		pieces = append(pieces, store.Piece{Mem: b})
	}
	return pieces, nil
}

// goneOr explains why what a deleted stream had on the disk cannot be read.
func (h *handle) goneOr(err error) error {
	h.store.mu.Lock()
	defer h.store.mu.Unlock()
	if h.deleted {
		return store.ErrNotFound
	}
	return err
}

// openSection opens the data file at a position. Each section has a descriptor
// of its own, since the kernel sends from the descriptor's position.
func (h *handle) openSection(from, to int64) (*store.Section, error) {
	f, err := h.openVerified(from, to)
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(from-h.meta.Base(), io.SeekStart); err != nil {
		f.Close()
		return nil, fmt.Errorf("seek in data file: %w", err)
	}
	return &store.Section{R: limited(f, to-from), N: to - from, C: f}, nil
}

// AppendAt implements store.Handle.
func (h *handle) AppendAt(pos int64) (start, end int64, err error) {
	h.mu.Lock()
	if pos >= h.buf.Start() {
		defer h.mu.Unlock()
		start, end = h.buf.AppendAt(pos)
		return start, end, nil
	}
	h.mu.Unlock()
	it := h.store.cat.Scan(extentKey(h.meta.ID, pos+1), extentKey(h.meta.ID+1, 0))
	defer it.Close()
	x, err := h.nextExtent(it, pos)
	if err != nil {
		return 0, 0, h.goneOr(err)
	}
	start, end = x.appendAt(pos)
	return start, end, nil
}

// Release implements store.Handle.
func (h *handle) Release() {
	s := h.store
	s.mu.Lock()
	defer s.mu.Unlock()
	h.refs--
	s.forgetLocked(h)
}
