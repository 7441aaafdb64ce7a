package stream

import (
	"errors"

	"github.com/weirstreams/weir/store"
)

// Delete removes a stream, or while forks refer to it hides it (section 5.4). It
// returns when the removal is as durable as the store makes it.
func (e *Engine) Delete(name string) error { return e.delete(name, "") }

// delete is Delete by the owner of the stream, or by anybody.
func (e *Engine) delete(name, owner string) (err error) {
	defer func() { e.counters.refuse(err) }()
	s, err := e.acquire(name)
	if err != nil {
		return err
	}
	defer e.release(s)
	did, err := e.remove(s, func() error { return s.deletableLocked(owner) })
	if did {
		e.counters.deleted.Add(1)
	}
	return fromStore(err)
}

func (s *Stream) deletableLocked(owner string) error {
	if err := s.usableLocked(now()); err != nil {
		return err
	}
	has := s.writerLocked().Owner
	if has != owner && (owner != "" || s.engine.owners.has(has)) {
		return errOwned(has)
	}
	return nil
}

// remove deletes the stream, softly while it has forks, and takes its reference
// off its source. did tells whether it was not somebody else. The caller holds it;
// mayLocked says at the last moment why it has to stay, if it has.
func (e *Engine) remove(s *Stream, mayLocked func() error) (did bool, err error) {
	did, err = e.expunge(s, mayLocked)
	if errors.Is(err, errForked) {
		if err := s.commit(store.Change{SoftDelete: true}); err != nil {
			return false, err
		}
		// The last fork may have gone while the mark was on its way.
		did, err = e.expunge(s, always)
		if errors.Is(err, errForked) {
			return true, nil
		}
	}
	if did && s.source != nil {
		e.unfork(s.source)
	}
	return did, err
}

// errForked says that a stream cannot go while forks refer to it.
var errForked = errors.New("stream has forks")

// always lets a stream go whatever it has become: it has expired, or is hidden.
func always() error { return nil }

// expunge deletes a stream that no fork refers to, and waits until that has
// settled. Whoever asks for the name meanwhile waits as well, so that nothing is
// accepted behind the deletion. Of several calls only one did it.
func (e *Engine) expunge(s *Stream, mayLocked func() error) (did bool, err error) {
	p := pendings.Get().(*pending)
	defer p.free()
	s.mu.Lock()
	if s.phase.get() != there {
		s.mu.Unlock()
		s.wait()
		return false, nil
	}
	settled := false
	if err = mayLocked(); err == nil {
		settled, err = s.stageDeleteLocked(p)
	}
	s.mu.Unlock()
	if err != nil {
		return false, err
	}
	if !settled {
		err = outcome(s.handle, p.done)
	}
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.failed = true
		s.enterLocked(there)
		return false, err
	}
	e.active.remove(s)
	s.enter(vanished)
	return true, nil
}

func (s *Stream) stageDeleteLocked(done store.Completion) (settled bool, err error) {
	if s.forks > 0 {
		return false, errForked
	}
	if err := s.failureLocked(); err != nil {
		return false, err
	}
	settled, err = s.handle.Delete(done)
	if err == nil {
		s.enterLocked(leaving)
	}
	return settled, err
}
