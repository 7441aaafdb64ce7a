package stream

import "github.com/weirstreams/weir/store"

// AppendRequest asks to add bytes at the tail, to close, or both in one step.
type AppendRequest struct {
	Name string
	// Body may be empty only when Close is set. The engine does not keep it.
	Body []byte
	// ContentType is required with a body, and ignored without one.
	ContentType string
	// Producer is set for an idempotent append. ID is not empty; Epoch and Seq
	// are not negative.
	Producer *store.ProducerAppend
	// Seq is the Stream-Seq; it is ignored without a body. Its scope is the
	// stream: all writers share one sequence.
	Seq   string
	Close bool
	// Writer is set by the one that the stream belongs to. With it the body may be
	// empty, and the limit of a stream's bytes does not apply.
	Writer *Writer
	// Encoded says that the body is as a JSON stream stores it: messages, each of
	// one line and followed by a comma.
	Encoded bool
}

// AppendResult is the outcome of an append that is, or was before, accepted.
type AppendResult struct {
	Tail Offset // after the append; for a duplicate, the present tail
	// Closed reports that the stream is closed, by this append or, for its
	// duplicate, by the same one before.
	Closed    bool
	Duplicate bool
	// ProducerSeq is the producer's highest accepted sequence number.
	ProducerSeq int64
}

// CreateRequest asks for a stream of a given configuration.
type CreateRequest struct {
	Name        string
	ContentType string // "" when the request names none
	TTL         int64  // seconds, or NoTTL
	ExpiresAt   string // RFC 3339 as received, or ""; not together with TTL
	Closed      bool
	Fork        *ForkRequest
	// Body is the first content, empty for none. The engine does not keep it.
	Body []byte
}

// ForkRequest says where the new stream diverges from its source (section 4.2).
type ForkRequest struct {
	Source string
	// Offset is the point of divergence, or nil for the source's tail.
	Offset *Offset
	// Sub moves the point ahead by so many bytes, in JSON streams messages.
	Sub int64
}

// Info is what a stream tells about itself.
type Info struct {
	ContentType string
	Tail        Offset
	Closed      bool
	TTL         int64  // seconds, or NoTTL
	ExpiresAt   string // as received, or ""
	// ID tells the stream from an earlier one of the same name.
	ID uint64
}

// infoLocked describes the visible state.
func (s *Stream) infoLocked() Info {
	return Info{
		ContentType: s.config.ContentType,
		Tail:        Offset(s.visibleTail),
		Closed:      s.visibleClosed,
		TTL:         s.config.TTL,
		ExpiresAt:   s.config.ExpiresAt,
		ID:          s.id,
	}
}

// usableLocked refuses a stream that is deleted or has expired.
func (s *Stream) usableLocked(now int64) error {
	switch {
	case s.phase.get() != there:
		return fromStore(store.ErrNotFound)
	case s.deleted:
		return refuse(CodeGone, "the stream was deleted and is kept only for its forks; use another name")
	case !s.expiredLocked(now):
		return nil
	case s.forks > 0:
		return refuse(CodeGone, "the stream has expired and is kept only for its forks; use another name")
	default:
		return fromStore(store.ErrNotFound)
	}
}

// Head describes a stream. It is no access: it renews nothing (section 5.5).
func (e *Engine) Head(name string) (Info, error) {
	s, err := e.acquire(name)
	if err != nil {
		return Info{}, err
	}
	defer e.release(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.infoLocked(), s.usableLocked(now())
}
