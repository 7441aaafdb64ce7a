package stream

import (
	"errors"

	"github.com/weirstreams/weir/store"
)

// The fields of a configuration that a creating request named itself; a fork
// inherits the others from its source.
const (
	askedTTL uint8 = 1 << iota
	askedExpiry
)

// Create makes a stream, or finds that one of the same configuration exists
// (section 5.1); created tells which. It returns when the stream is as durable
// as the store makes it. A refusal is an *Error.
func (e *Engine) Create(req *CreateRequest) (info Info, created bool, err error) {
	defer func() { e.counters.refuse(err) }()
	if err := checkCreate(req); err != nil {
		return Info{}, false, err
	}
	// Most names are new: the store, which refuses one that is taken, is the only
	// one to look. Whatever the refusal, a stream that is there comes first. The
	// source of a fork is not touched before that is known.
	if req.Fork == nil {
		if info, err = e.create(req); err == nil {
			return info, true, nil
		}
	}
	for {
		info, err = e.match(req)
		var refusal *Error
		if err == nil || !errors.As(err, &refusal) || refusal.Code != CodeNotFound {
			return info, false, err
		}
		info, err = e.create(req)
		if !errors.Is(err, store.ErrExists) {
			return info, err == nil, err
		}
		// Somebody else was first: see whether theirs is what was asked for.
	}
}

func checkCreate(req *CreateRequest) error {
	if req.ContentType != "" {
		if err := checkType(req.ContentType); err != nil {
			return err
		}
	}
	if f := req.Fork; f != nil && f.Sub > 0 && f.Offset == nil {
		return refuse(CodeInvalidFork, "a Stream-Fork-Sub-Offset above 0 needs the Stream-Fork-Offset that it counts from")
	}
	return nil
}

// match finds an existing stream and compares it with the request. A stream that
// has expired is removed and counts as absent.
func (e *Engine) match(req *CreateRequest) (Info, error) {
	s, err := e.acquire(req.Name)
	if err != nil {
		return Info{}, err
	}
	defer e.release(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch at := now(); {
	case s.phase.get() != there:
		return Info{}, fromStore(store.ErrNotFound)
	case s.deleted || s.expiredLocked(at) && s.forks > 0:
		return Info{}, refuse(CodeExists, "the name belongs to a deleted stream that forks still need; use another name")
	case s.expiredLocked(at):
		s.mu.Unlock()
		did, err := e.remove(s, always)
		if did {
			e.counters.expired.Add(1)
		}
		s.mu.Lock()
		if err != nil {
			return Info{}, fromStore(err)
		}
		return Info{}, fromStore(store.ErrNotFound)
	case !s.matchesLocked(req):
		return Info{}, refuse(CodeExists, "a stream of this name exists with another configuration; "+
			"delete it first, or ask for the same one")
	}
	return s.infoLocked(), nil
}

// matchesLocked compares the configuration of an existing stream with the one
// asked for. What a request for a fork leaves out it inherits, so there it
// matches what was left out before.
func (s *Stream) matchesLocked(req *CreateRequest) bool {
	c := s.config
	if req.Closed != s.visibleClosed || (req.Fork == nil) != (c.Fork == nil) {
		return false
	}
	if req.Fork == nil {
		return sameType(contentTypeOr(req.ContentType, DefaultContentType), c.ContentType) &&
			req.TTL == c.TTL && sameExpiry(req.ExpiresAt, c.ExpiresAt)
	}
	return req.Fork.matches(c.Fork) &&
		sameType(contentTypeOr(req.ContentType, c.ContentType), c.ContentType) &&
		(req.TTL == c.TTL || req.TTL == NoTTL && c.Asked&askedTTL == 0) &&
		(sameExpiry(req.ExpiresAt, c.ExpiresAt) || req.ExpiresAt == "" && c.Asked&askedExpiry == 0)
}

func contentTypeOr(given, otherwise string) string {
	if given == "" {
		return otherwise
	}
	return given
}

// sameExpiry compares instants, not the strings that name them.
func sameExpiry(a, b string) bool {
	return a == b || a != "" && b != "" && fixedExpiry(a) == fixedExpiry(b)
}

// create makes a stream that was not there a moment ago, or returns
// store.ErrExists.
func (e *Engine) create(req *CreateRequest) (Info, error) {
	if err := e.roomForStream(); err != nil {
		return Info{}, err
	}
	cfg := store.Config{
		ContentType: contentTypeOr(req.ContentType, DefaultContentType),
		TTL:         req.TTL,
		ExpiresAt:   req.ExpiresAt,
	}
	var source *Stream
	if req.Fork != nil {
		var err error
		if source, err = e.forkSource(req, &cfg); err != nil {
			return Info{}, err
		}
	}
	info, err := e.createOn(req, cfg, source)
	if err != nil && source != nil {
		e.unfork(source)
		e.release(source)
	}
	return info, err
}

// createOn makes the stream. Its source, when it has one, stays held by it if
// there is no error.
func (e *Engine) createOn(req *CreateRequest, cfg store.Config, source *Stream) (Info, error) {
	s, mine := e.active.enter(e, req.Name)
	if !mine {
		e.release(s)
		return Info{}, store.ErrExists
	}
	body, err := firstBytes(req.Body, formatOf(cfg.ContentType))
	defer body.free()
	if err == nil {
		err = e.roomForFirst(&cfg, len(body.b))
	}
	if err != nil {
		e.abandon(s)
		return Info{}, err
	}
	born := now()
	h, err := e.commitFirst(s.name, cfg, store.Change{
		Bytes: body.b, Close: req.Closed, Expires: firstLease(&cfg, born),
	})
	if err != nil {
		e.abandon(s)
		return Info{}, fromCreate(err)
	}
	defer e.active.leaveNew(s)
	s.source = source
	s.fill(h, h.Meta())
	if s.life != nil {
		s.life.lastAccess = born
	}
	info := s.infoLocked() // nobody else has seen it yet
	s.enter(there)
	e.counters.created.Add(1)
	return info, nil
}

// fromCreate is fromStore, but lets ErrExists through for Create to look again.
func fromCreate(err error) error {
	if errors.Is(err, store.ErrExists) {
		return err
	}
	return fromStore(err)
}

// commitFirst creates the stream in the store and waits until it is settled.
func (e *Engine) commitFirst(name string, cfg store.Config, first store.Change) (store.Handle, error) {
	p := pendings.Get().(*pending)
	defer p.free()
	p.change = first
	h, settled, err := e.store.Create(name, cfg, &p.change, p)
	switch {
	case settled:
		giveWay()
	case err == nil:
		if err = outcome(h, p.done); err != nil {
			h.Release()
		}
	}
	return h, e.noteDamage(err)
}

// firstBytes encodes the content that a stream is created with; unlike an
// append, an empty JSON array is fine.
func firstBytes(body []byte, f Format) (encoded, error) {
	if len(body) == 0 || f != JSON {
		return encoded{b: body}, nil
	}
	out, _, err := encodeJSON(body)
	if err != nil {
		return out, refuse(CodeInvalidBody, "%s", err)
	}
	return out, nil
}

// roomForStream refuses one more stream when there are as many as may be.
func (e *Engine) roomForStream() error {
	if max := e.opts.MaxStreams; max > 0 && e.store.Stats().Streams >= max {
		return refuse(CodeTooManyStreams, "the server holds its limit of %d streams; delete some first", max)
	}
	return nil
}

func (e *Engine) roomForFirst(cfg *store.Config, n int) error {
	size := int64(n)
	if cfg.Fork != nil {
		size += cfg.Fork.At
	}
	if limit := e.opts.MaxStreamBytes; limit > 0 && size > limit {
		return refuse(CodeStreamFull, "the stream would be larger than its limit of %d bytes", limit)
	}
	return nil
}
