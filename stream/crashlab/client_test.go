package crashlab_test

import (
	"errors"
	"runtime"
	"time"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/stream"
)

// spec is a stream to be created.
type spec struct {
	form    form
	size    int // of its first content
	closed  bool
	ttl     int64         // seconds; 0: none
	expires time.Duration // from now on; 0: none
}

// definite reports whether an error says that nothing was done. A store that
// turns read-only meanwhile does not know; one that was before takes nothing.
func definite(err error, before error) bool {
	var refusal *stream.Error
	return errors.As(err, &refusal) && (refusal.Code != stream.CodeReadOnly || before != nil)
}

func codeOf(err error) stream.Code {
	var refusal *stream.Error
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return ""
}

// create makes a stream; nil when that was refused.
func (r *rig) create(name string, s spec) *incarnation {
	in := &incarnation{name: name, form: s.form, born: s.closed, ttl: store.NoTTL}
	req := &stream.CreateRequest{Name: name, ContentType: s.form.contentType(), TTL: store.NoTTL, Closed: s.closed}
	if s.ttl > 0 {
		in.ttl, req.TTL = s.ttl, s.ttl
	}
	if s.expires > 0 {
		end := time.Now().Add(s.expires).UTC().Truncate(time.Second)
		in.expires, req.ExpiresAt = end.UnixMilli(), end.Format(time.RFC3339)
	}
	return r.createAs(in, req, s.size)
}

func (r *rig) createAs(in *incarnation, req *stream.CreateRequest, size int) *incarnation {
	r.w.mu.Lock()
	in.created = event{r.date(), never}
	r.w.begin(in)
	var first *post
	if size > 0 {
		first = r.w.newPost(in, size, r.date())
		first.at, req.Body = in.base(), first.body
	}
	a := in.accessed(r.date())
	r.w.note(r.date(), "create %s", in.name)
	r.w.mu.Unlock()

	health := r.e.Health()
	info, created, err := r.e.Create(req)

	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	r.w.note(r.date(), "create %s: %v, %v", in.name, created, err)
	switch {
	case err == nil && created:
		in.id = info.ID
		in.created.done = r.date()
		in.accesses[a].done = r.date()
		if first != nil {
			first.done = r.date()
		}
	case err == nil || definite(err, health):
		r.w.drop(in)
		return nil
	}
	return in
}

// fork makes a fork at a position of its source, which is what a reader of the
// source has seen as content, and sub further.
func (r *rig) fork(name string, of *incarnation, content []byte, anchor, sub, bytes int64) *incarnation {
	in := &incarnation{name: name, form: of.form, source: of, ttl: of.ttl, expires: of.expires,
		prefix: content[:anchor+bytes]}
	at := stream.Offset(anchor)
	req := &stream.CreateRequest{Name: name, TTL: store.NoTTL,
		Fork: &stream.ForkRequest{Source: of.name, Offset: &at, Sub: sub}}
	return r.createAs(in, req, 0)
}

// accessed notes a use of the stream that is about to be made.
func (in *incarnation) accessed(calls int) int {
	in.accesses = append(in.accesses, access{event{calls, never}, millis()})
	return len(in.accesses) - 1
}

// append sends bytes without a producer.
func (r *rig) append(in *incarnation, size int) *post { return r.send(r.newPost(in, size)) }

func (r *rig) newPost(in *incarnation, size int) *post {
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	return r.w.newPost(in, size, r.date())
}

// produce sends bytes of a producer.
func (r *rig) produce(in *incarnation, id string, epoch, seq int64, size int) *post {
	p := r.newPost(in, size)
	p.producer = &store.ProducerAppend{ID: id, Epoch: epoch, Seq: seq}
	return r.send(p)
}

// closeBy closes a stream, with bytes when size is not 0.
func (r *rig) closeBy(in *incarnation, by *store.ProducerAppend, size int) *post {
	p := r.newPost(in, size)
	p.close, p.producer = true, by
	return r.send(p)
}

// send makes the append, and again for a while if the producer's earlier ones are
// still missing, or the server asks its client to try again.
func (r *rig) send(p *post) *post {
	const patience = 20
	for range patience {
		switch code := r.try(p); {
		case code == stream.CodeProducerGap:
		case p.producer != nil && (code == stream.CodeUnavailable || code == stream.CodeNoSpace):
		default:
			return p
		}
		runtime.Gosched()
	}
	return p
}

// try sends an append once; it may have been sent before.
func (r *rig) try(p *post) stream.Code {
	r.w.mu.Lock()
	if p.dead {
		p.dead, p.asked = false, r.date()
	}
	a := p.in.accessed(r.date())
	r.w.note(r.date(), "%s", p)
	r.w.mu.Unlock()

	health := r.e.Health()
	res, err := r.e.Append(&stream.AppendRequest{Name: p.in.name, Body: p.body,
		ContentType: p.in.form.contentType(), Producer: p.producer, Seq: p.seq, Close: p.close})

	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	r.w.note(r.date(), "%s: at %d, duplicate %v, %v", p, res.Tail, res.Duplicate, err)
	if err != nil {
		refused := definite(err, health)
		p.open = p.open || !refused
		p.dead = refused && !p.open
		return codeOf(err)
	}
	if res.Duplicate && p.producer != nil && !p.open {
		p.dead = true // of another client that uses the producer's name
		return ""
	}
	p.open = true
	p.done = min(p.done, r.date())
	p.in.accesses[a].done = r.date()
	if !res.Duplicate {
		p.at = int64(res.Tail) - int64(len(p.stored))
	}
	return ""
}

// delete removes a stream.
func (r *rig) delete(in *incarnation) error {
	r.w.mu.Lock()
	before := in.deleted
	in.deleted.asked = min(in.deleted.asked, r.date())
	r.w.note(r.date(), "delete %s", in.name)
	r.w.mu.Unlock()

	health := r.e.Health()
	err := r.e.Delete(in.name)

	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	r.w.note(r.date(), "delete %s: %v", in.name, err)
	switch {
	case err == nil:
		in.deleted.done = r.date()
	case definite(err, health):
		in.deleted = before
	}
	return err
}
