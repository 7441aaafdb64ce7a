package stream

import (
	"errors"

	"github.com/weirstreams/weir/store"
)

// Batch is a number of appends to different streams that wait for the store
// together. It belongs to one goroutine at a time; a stream is in it once at most.
type Batch struct {
	e     *Engine
	waits []waiting
}

// waiting is an append that is staged, or a stream that is.
type waiting struct {
	s     *Stream
	p     *pending
	born  bool // the stream is created by it; handle is not the stream's yet
	h     store.Handle
	bytes int
}

// NewBatch returns an empty batch. Whatever comes of it, the caller calls Wait.
func (e *Engine) NewBatch() *Batch { return &Batch{e: e} }

// Append stages an append. With create, a stream that is not there is created for
// it, as JSON and without expiry; req.Writer is set then, and req.Body Encoded.
//
// A refusal is an *Error; of an append that is staged Wait tells the outcome.
// Streams created by a batch are not there for anybody, the next batch included,
// before Wait was called.
func (b *Batch) Append(req *AppendRequest, create bool) error {
	for {
		err := b.append(req)
		switch {
		case errors.Is(err, errVanished):
			continue
		case create && isNotFound(err):
			if err = b.create(req); errors.Is(err, store.ErrExists) {
				// It has expired, or somebody else was first.
				_, err = b.e.match(&CreateRequest{Name: req.Name, ContentType: req.ContentType, TTL: NoTTL})
				if err == nil || isNotFound(err) {
					continue
				}
			}
		}
		b.e.counters.refuse(err)
		return err
	}
}

func isNotFound(err error) bool {
	refusal, ok := errors.AsType[*Error](err)
	return ok && refusal.Code == CodeNotFound
}

func (b *Batch) append(req *AppendRequest) error {
	s, err := b.e.acquire(req.Name)
	if err != nil {
		return err
	}
	p := pendings.Get().(*pending)
	res, waits, err := s.stage(req, p)
	if waits {
		b.waits = append(b.waits, waiting{s: s, p: p, bytes: len(req.Body)})
		return nil
	}
	p.free()
	if err == nil && !res.Duplicate {
		b.e.active.countAppend(s, len(req.Body))
	}
	b.e.release(s)
	return err
}

func (b *Batch) create(req *AppendRequest) error {
	e := b.e
	if err := e.roomForStream(); err != nil {
		return err
	}
	s, mine := e.active.enter(e, req.Name)
	if !mine {
		e.release(s)
		return store.ErrExists
	}
	p := pendings.Get().(*pending)
	p.change = store.Change{Bytes: req.Body, Mark: writerMark, MarkValue: stagedWriter{Writer: *req.Writer}.mark()}
	cfg := store.Config{ContentType: req.ContentType, TTL: NoTTL}
	h, settled, err := e.store.Create(s.name, cfg, &p.change, p)
	if err != nil {
		p.free()
		e.abandon(s)
		return fromCreate(e.noteDamage(err))
	}
	if settled {
		p.done <- nil
	}
	b.waits = append(b.waits, waiting{s: s, p: p, born: true, h: h, bytes: len(req.Body)})
	return nil
}

// Wait returns when everything staged has settled, with the first error.
func (b *Batch) Wait() error {
	var first error
	for _, w := range b.waits {
		err := b.wait(w)
		if first == nil {
			first = err
		}
	}
	b.waits = b.waits[:0]
	return fromStore(first)
}

func (b *Batch) wait(w waiting) error {
	defer w.p.free()
	if w.born {
		return b.bear(w)
	}
	defer b.e.release(w.s)
	err := settledOr(w.s.handle, w.p.done)
	if err == nil {
		b.e.active.countAppend(w.s, w.bytes)
	}
	return err
}

// bear lets a stream into the world that was created.
func (b *Batch) bear(w waiting) error {
	if err := settledOr(w.h, w.p.done); err != nil {
		w.h.Release()
		b.e.abandon(w.s)
		return err
	}
	w.s.fill(w.h, w.h.Meta())
	w.s.enter(there)
	b.e.counters.created.Add(1)
	b.e.active.countAppend(w.s, w.bytes)
	b.e.active.leaveNew(w.s)
	return nil
}

// settledOr is outcome, for one of many that may have settled with the others.
func settledOr(h store.Handle, done <-chan error) error {
	select {
	case err := <-done:
		return err
	default:
		return outcome(h, done)
	}
}
