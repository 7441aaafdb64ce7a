package stream

import "io"

// Owned returns up to limit names of streams that belong to a writer, begin with
// prefix and come after the name after, in ascending order of bytes. As with List, a
// stream costs what opening it costs the tier, and none is brought into memory.
func (e *Engine) Owned(owner, prefix, after string, limit int) ([]string, error) {
	var owned []string
	for len(owned) < limit {
		names, err := e.store.List(prefix, after, limit)
		if err != nil {
			return nil, fromStore(e.noteDamage(err))
		}
		for _, name := range names {
			has, err := e.ownerOf(name)
			switch {
			case err == nil && has == owner && len(owned) < limit:
				owned = append(owned, name)
			case err != nil && !isAbsent(err):
				return nil, fromStore(err)
			}
			after = name
		}
		if len(names) < limit {
			break
		}
	}
	return owned, nil
}

// ownerOf returns whom a stream belongs to, "" for nobody, from where it is: in memory,
// or as it is stored.
func (e *Engine) ownerOf(name string) (string, error) {
	if s := e.active.glance(name); s != nil {
		defer e.active.unglance(s)
		if s.phase.get() == there {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.writerLocked().Owner, s.usableLocked(now())
		}
	}
	h, err := e.store.Open(name)
	if err != nil {
		return "", e.noteDamage(err)
	}
	defer h.Release()
	m := h.Meta()
	_, err = describeStored(&m, now())
	return parseWriter(m.Marks[writerMark]).Owner, err
}

// ReadOwned reads a stream from an offset on for its writer: up to the writer's last
// byte that has settled by now, whether readers see it or not. The bytes are as
// Pages have them. A refusal is an *Error.
func (e *Engine) ReadOwned(name, owner string, from Offset) (io.ReadCloser, error) {
	s, err := e.acquire(name)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	err = s.usableLocked(now())
	w, end := s.writerLocked(), s.visibleTail
	if s.history != nil {
		end += s.history.veiled
	}
	s.mu.Unlock()
	switch {
	case err != nil:
	case w.Owner != owner:
		err = errOwned(w.Owner)
	case int64(from) > end:
		err = refuse(CodeInvalidOffset, "the offset is beyond the writer's last byte, which ends at %s", Offset(end))
	}
	if err != nil {
		e.release(s)
		return nil, err
	}
	return &ownedReader{s: s, at: int64(from), end: end}, nil
}

// ownedReader reads a page at a time. It belongs to one goroutine.
type ownedReader struct {
	s       *Stream
	at, end int64
	page    []byte // read and not yet taken
}

// Read implements io.Reader.
func (r *ownedReader) Read(p []byte) (int, error) {
	if len(r.page) == 0 {
		if r.at == r.end {
			return 0, io.EOF
		}
		to := min(r.end, r.at+r.s.engine.opts.PageBytes)
		b, err := r.s.bytes(r.at, to)
		if err != nil {
			return 0, fromStore(err)
		}
		r.page, r.at = b, to
	}
	n := copy(p, r.page)
	r.page = r.page[n:]
	return n, nil
}

// Close implements io.Closer.
func (r *ownedReader) Close() error {
	r.s.engine.release(r.s)
	return nil
}
