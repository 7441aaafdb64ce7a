package stream

import (
	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/stream/jsontext"
)

// matches compares a request for a fork with the fork that exists. An offset is
// compared only when the request names one, since the source may have grown.
func (r *ForkRequest) matches(f *store.Fork) bool {
	return r.Source == f.Source && r.Sub == f.Sub &&
		(r.Offset == nil || int64(*r.Offset) == f.Anchor)
}

// forkSource finds the source of a fork to be created, resolves the point of
// divergence, lets cfg inherit, and counts the reference. The source is returned
// held. Without an error the caller undoes both by unfork and release when the
// creation fails.
func (e *Engine) forkSource(req *CreateRequest, cfg *store.Config) (*Stream, error) {
	s, err := e.acquire(req.Fork.Source)
	if err != nil {
		return nil, sourceError(err)
	}
	if err := s.forkAt(req, cfg); err != nil {
		e.release(s)
		return nil, err
	}
	return s, nil
}

// sourceError tells the missing source of a fork from a missing stream.
func sourceError(err error) error {
	refusal, ok := err.(*Error)
	switch {
	case ok && refusal.Code == CodeNotFound:
		return refuse(CodeSourceNotFound, "the stream named by Stream-Forked-From does not exist")
	case ok && refusal.Code == CodeGone:
		return refuse(CodeSourceGone, "the stream named by Stream-Forked-From was deleted; fork another one")
	default:
		return err
	}
}

// forkAt checks the request against the source, in the order of section 4.2, and
// takes the reference in the same step that finds the source alive.
func (s *Stream) forkAt(req *CreateRequest, cfg *store.Config) error {
	s.mu.Lock()
	err, tail := s.usableLocked(now()), s.visibleTail
	s.mu.Unlock()
	if err != nil {
		return sourceError(err)
	}
	if req.ContentType != "" && !sameType(req.ContentType, s.config.ContentType) {
		return refuse(CodeTypeMismatch, "a fork has the Content-Type of its source, which is %s", s.config.ContentType)
	}
	anchor := tail
	if req.Fork.Offset != nil {
		anchor = int64(*req.Fork.Offset)
	}
	if anchor > tail {
		return refuse(CodeInvalidFork, "Stream-Fork-Offset is beyond the tail of the source, which is %s", Offset(tail))
	}
	at, err := s.divergence(anchor, req.Fork.Sub, tail)
	if err != nil {
		return fromStore(err)
	}
	cfg.Fork = &store.Fork{Source: s.name, ID: s.id, Anchor: anchor, Sub: req.Fork.Sub, At: at}
	cfg.ContentType = contentTypeOr(req.ContentType, s.config.ContentType)
	inheritLife(cfg, s.config)

	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usableLocked(now()); err != nil {
		return sourceError(err)
	}
	s.forks++
	return nil
}

// inheritLife gives a fork the lifetime of its source, unless it asked for one
// of its own (section 4.2): the same window, begun anew, or the same end.
func inheritLife(cfg, source *store.Config) {
	if cfg.TTL != NoTTL {
		cfg.Asked |= askedTTL
		return
	}
	if cfg.ExpiresAt != "" {
		cfg.Asked |= askedExpiry
		return
	}
	cfg.TTL, cfg.ExpiresAt = source.TTL, source.ExpiresAt
}

// divergence is the position sub bytes, or messages, after the anchor. It must
// not lie beyond the append that follows the anchor.
func (s *Stream) divergence(anchor, sub, tail int64) (int64, error) {
	if err := s.checkBoundary(anchor, tail); err != nil {
		return 0, err
	}
	if sub == 0 {
		return anchor, nil
	}
	beyond := refuse(CodeInvalidFork, "Stream-Fork-Sub-Offset reaches beyond the append that follows the fork offset")
	if anchor >= tail {
		return 0, beyond
	}
	_, end, err := s.appendAt(anchor)
	switch {
	case err != nil:
		return 0, err
	case s.format == JSON:
		return s.skipMessages(anchor, end, sub, beyond)
	case sub > end-anchor:
		return 0, beyond
	default:
		return anchor + sub, nil
	}
}

func (s *Stream) skipMessages(from, to, count int64, beyond error) (int64, error) {
	b, err := s.bytes(from, to)
	if err != nil {
		return 0, err
	}
	at := 0
	for range count {
		n := jsontext.Next(b[at:])
		if n == 0 {
			return 0, beyond
		}
		at += n
	}
	return from + int64(at), nil
}

// unfork takes a reference off a source, and frees a source that was only kept
// for it, and so on upwards. The caller holds s.
func (e *Engine) unfork(s *Stream) {
	for s != nil {
		s.mu.Lock()
		s.forks--
		free := s.deleted && s.forks == 0
		s.mu.Unlock()
		if !free {
			return
		}
		did, err := e.expunge(s, always)
		if err != nil {
			// It is due for the reaper, which tries again.
			e.log.Warn().Err(err).Msg("freeing a deleted source failed")
		}
		if !did {
			return
		}
		s = s.source
	}
}
