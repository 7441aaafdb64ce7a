package crashlab_test

import (
	"errors"
	"fmt"

	"github.com/weirstreams/weir/store"
)

// Some streams are written as the ingester writes: straight to the store, each
// change with a mark that says how long the stream is with it.

const lengthMark = "length"

type settled chan error

// Settled implements store.Completion.
func (s settled) Settled(err error) { s <- err }

// createMarked makes such a stream, nil when that failed.
func (r *rig) createMarked(name string) *incarnation {
	in := &incarnation{name: name, form: octets, ttl: store.NoTTL, marked: true, turn: make(chan struct{}, 1)}
	r.w.mu.Lock()
	in.created = event{r.date(), never}
	r.w.begin(in)
	r.w.mu.Unlock()
	done, health := make(settled, 1), r.st.Health()
	cfg := store.Config{ContentType: octets.contentType(), TTL: store.NoTTL}
	h, _, err := r.st.Create(name, cfg, &store.Change{Mark: lengthMark, MarkValue: "0"}, done)
	if err == nil {
		defer h.Release()
		err = <-done
	}
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	r.w.note(r.date(), "create %s: %v", name, err)
	switch {
	case errors.Is(err, store.ErrReadOnly) && health == nil:
		return in
	case err != nil:
		r.w.drop(in)
		return nil
	}
	in.id, in.created.done = h.Meta().ID, r.date()
	return in
}

// mark appends to such a stream several changes at once, without waiting in
// between.
func (r *rig) mark(in *incarnation, sizes ...int) {
	in.turn <- struct{}{}
	defer func() { <-in.turn }()
	h, err := r.st.Open(in.name)
	if err != nil {
		return
	}
	defer h.Release()
	at := h.Meta().Tail
	var posts []*post
	var all []settled
	for _, size := range sizes {
		p := r.newPost(in, size)
		p.at = at
		at += int64(len(p.stored))
		done := make(settled, 1)
		c := &store.Change{Bytes: p.stored, Mark: lengthMark, MarkValue: fmt.Sprint(at)}
		if _, err := h.Commit(c, done); err != nil {
			p.dead = true
			break
		}
		posts, all = append(posts, p), append(all, done)
	}
	failed := false
	for i, done := range all {
		err := <-done
		failed = failed || err != nil
		r.w.mu.Lock()
		r.w.note(r.date(), "mark %s: %v", posts[i], err)
		if err == nil {
			posts[i].done = r.date()
		}
		posts[i].dead = err != nil && !errors.Is(err, store.ErrReadOnly)
		r.w.mu.Unlock()
	}
	if failed {
		h.Reset()
	}
}
