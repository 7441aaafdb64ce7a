package stream

import (
	"errors"
	"sync"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/stream/jsontext"
)

// Append adds to a stream, closes it, or both (sections 5.2 and 5.3). It returns
// when the outcome is as durable as the store makes it. A refusal is an *Error;
// any other error means that the outcome is unknown.
func (e *Engine) Append(req *AppendRequest) (AppendResult, error) {
	for {
		s, err := e.acquire(req.Name)
		if err != nil {
			e.counters.refuse(err)
			return AppendResult{}, err
		}
		res, err := s.append(req)
		e.release(s)
		if !errors.Is(err, errVanished) {
			e.counters.refuse(err)
			return res, err
		}
	}
}

func (s *Stream) append(req *AppendRequest) (AppendResult, error) {
	p := pendings.Get().(*pending)
	defer p.free()
	res, waits, err := s.stage(req, p)
	switch {
	case waits:
		if err = outcome(s.handle, p.done); err != nil {
			return AppendResult{}, fromStore(err)
		}
	case err != nil || res.Duplicate:
		return res, err
	default:
		giveWay()
	}
	s.engine.active.countAppend(s, int(p.bytes))
	return res, nil
}

// stage judges an append and hands it to the tier by p. If it waits, p.done has the
// outcome later; if not, res and err are the outcome.
func (s *Stream) stage(req *AppendRequest, p *pending) (res AppendResult, waits bool, err error) {
	bytes, bodyErr := s.encode(req)
	defer bytes.free()

	p.bytes = len(bytes.b)
	p.change = store.Change{Bytes: bytes.b, Producer: req.Producer, Close: req.Close}
	if len(req.Body) > 0 {
		p.change.Seq = req.Seq
	}

	s.mu.Lock()
	if s.phase.get() != there {
		s.mu.Unlock()
		s.wait()
		return AppendResult{}, false, errVanished
	}
	if err := s.failureLocked(); err != nil {
		s.mu.Unlock()
		return AppendResult{}, false, fromStore(err)
	}
	at := s.clock()
	v := s.judgeLocked(req, bodyErr, at)
	if v.err != nil || v.duplicate {
		res, err := s.answerLocked(v)
		s.mu.Unlock()
		if err == nil {
			s.engine.counters.duplicates.Add(1)
			s.touch(at)
		}
		return res, false, err
	}
	if err := s.roomLocked(len(bytes.b), req.Writer); err != nil {
		s.mu.Unlock()
		return AppendResult{}, false, err
	}
	if req.Writer != nil {
		p.change.Mark, p.change.MarkValue = writerMark, s.nextWriterLocked(req.Writer).mark()
	}
	p.change.Expires = s.renewLocked(at)
	p.sample()
	settled, err := s.stageLocked(p)
	res = AppendResult{Tail: Offset(s.tail), Closed: req.Close}
	s.mu.Unlock()
	if err != nil {
		return AppendResult{}, false, fromStore(err)
	}
	if req.Producer != nil {
		res.ProducerSeq = req.Producer.Seq
	}
	if settled {
		p.becameVisible(s.engine)
	}
	return res, !settled, nil
}

// verdict is what the rules say of an append. One without an error that is not a
// duplicate may be applied.
type verdict struct {
	err       *Error
	duplicate bool
	closed    bool   // a duplicate of the append that closed the stream
	seq       int64  // for a duplicate: the producer's highest accepted number
	restsOn   uint64 // the staged change without which the verdict would differ
}

// judgeLocked goes through the checks in the order of section 5.2: the first
// that fails decides, and none of them changes anything.
func (s *Stream) judgeLocked(req *AppendRequest, bodyErr error, now int64) verdict {
	if err := s.usableLocked(now); err != nil {
		return verdict{err: err.(*Error)}
	}
	if err := checkAppend(req); err != nil {
		return verdict{err: err}
	}
	if v := s.judgeWriterLocked(req.Writer, req.Close && !s.closed); v.err != nil || v.duplicate {
		return v
	}
	if s.closed {
		return s.judgeClosedLocked(req)
	}
	if len(req.Body) > 0 && !sameType(req.ContentType, s.config.ContentType) {
		return verdict{err: refuse(CodeTypeMismatch,
			"the append's Content-Type is not that of the stream, which is %s", s.config.ContentType)}
	}
	if req.Producer != nil {
		if v := s.judgeProducerLocked(req.Producer); v.err != nil || v.duplicate {
			return v
		}
	}
	if len(req.Body) > 0 && req.Seq != "" {
		if past := s.historyLocked(); req.Seq <= past.lastSeq {
			return verdict{restsOn: past.seqAt, err: refuse(CodeSeqRegression,
				"Stream-Seq must be greater, byte by byte, than that of the last append")}
		}
	}
	if bodyErr != nil {
		return verdict{err: refuse(CodeInvalidBody, "%s", bodyErr)}
	}
	return verdict{}
}

func checkAppend(req *AppendRequest) *Error {
	switch {
	case len(req.Body) == 0 && !req.Close && req.Writer == nil:
		return refuse(CodeInvalidBody, "the body is empty; send bytes to append, or Stream-Closed: true to close")
	case len(req.Body) > 0 && req.ContentType == "":
		return refuse(CodeInvalidType, "an append needs the Content-Type of its stream")
	default:
		return nil
	}
}

// judgeClosedLocked: a closed stream accepts only what is already so.
func (s *Stream) judgeClosedLocked(req *AppendRequest) verdict {
	past := s.historyLocked()
	v := verdict{closed: true, restsOn: past.closedAt}
	switch {
	case req.Producer == nil && len(req.Body) == 0:
		v.duplicate = true
	case req.Producer != nil && past.closedBy != nil && *req.Producer == *past.closedBy:
		v.duplicate, v.seq = true, req.Producer.Seq
	default:
		v.err = refuse(CodeClosed, "the stream is closed and takes no more appends")
		v.err.Tail = Offset(s.tail)
	}
	return v
}

// answerLocked gives the answer to an append that is not applied, once what the
// verdict rests on has settled. A duplicate's names the tail, which must be of the
// same instant as the verdict: it rests on everything that is staged.
func (s *Stream) answerLocked(v verdict) (AppendResult, error) {
	tail := s.tail
	if v.duplicate {
		v.restsOn = s.staged
	}
	if v.restsOn > s.settled {
		if err := s.awaitLocked(v.restsOn); err != nil {
			return AppendResult{}, fromStore(err)
		}
	}
	if v.err != nil {
		return AppendResult{}, v.err
	}
	return AppendResult{Tail: Offset(tail), Closed: v.closed, Duplicate: true, ProducerSeq: v.seq}, nil
}

// roomLocked refuses bytes for which the stream has no room left. What belongs to a
// writer is as large as what the writer copies.
func (s *Stream) roomLocked(n int, w *Writer) error {
	limit := s.engine.opts.MaxStreamBytes
	if limit > 0 && w == nil && s.tail+int64(n) > limit {
		return refuse(CodeStreamFull, "the stream would be larger than its limit of %d bytes", limit)
	}
	if s.tail > maxOffset-int64(n) {
		return refuse(CodeStreamFull, "the stream has no offsets left")
	}
	return nil
}

// maxOffset is the last position that an Offset can be written for.
const maxOffset = 9999999999999999

// encoded is a body as it is stored: for JSON the messages, otherwise as it is.
type encoded struct {
	b      []byte
	pooled *[]byte
}

var encodeBuffers = sync.Pool{New: func() any { return new([]byte) }}

// maxPooled keeps one large append from holding its memory for ever.
const maxPooled = 1 << 20

func (b encoded) free() {
	if b.pooled != nil && cap(*b.pooled) <= maxPooled {
		encodeBuffers.Put(b.pooled)
	}
}

// encode returns the bytes to store for an append.
func (s *Stream) encode(req *AppendRequest) (encoded, error) {
	if s.format != JSON || len(req.Body) == 0 || req.Encoded {
		return encoded{b: req.Body}, nil
	}
	out, n, err := encodeJSON(req.Body)
	if err == nil && n == 0 {
		err = errEmptyArray
	}
	return out, err
}

var errEmptyArray = errors.New("an append of an empty JSON array adds nothing; send at least one message")

// encodeJSON splits a body into messages. An empty array has none, which only
// the creation of a stream allows.
func encodeJSON(body []byte) (out encoded, messages int, err error) {
	buf := encodeBuffers.Get().(*[]byte)
	b, n, err := jsontext.Split((*buf)[:0], body)
	*buf = b
	return encoded{b: b, pooled: buf}, n, err
}
