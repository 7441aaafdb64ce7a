package stream

import (
	"strconv"
	"strings"
	"sync"

	"github.com/weirstreams/weir/store"
)

// Writer says who appends to a stream that belongs to one writer, and how far that
// writer has come in what it copies from elsewhere. All of it is stored in the same
// atomic step as the append.
//
// A stream belongs to the first writer that appends to it while it is empty, or
// that creates it. Appends without that owner's name are refused from then on.
type Writer struct {
	// Owner names the writer. It holds no zero byte.
	Owner string
	// Position is how far the writer has come with this append. From append to
	// append it never gets smaller, byte by byte. It holds no zero byte.
	Position string
	// Note is whatever else the writer wants to find again.
	Note string
	// Hidden keeps readers from what is appended until the owner's next append
	// that is not hidden. It is durable all the same.
	Hidden bool
}

// WriterState is what the last append of a stream's writer has left.
type WriterState struct {
	Writer
	// ID tells the stream from others that had its name before, see store.Meta.
	ID uint64
	// Tail is the position behind the writer's last byte, which readers may not
	// see yet, and Shown where the readers' tail is.
	Tail, Shown Offset
}

// Writer returns what the writer of a stream has staged last; its Owner is "" when
// the stream belongs to nobody. A refusal is an *Error.
func (e *Engine) Writer(name string) (WriterState, error) {
	s, err := e.acquire(name)
	if err != nil {
		return WriterState{}, err
	}
	defer e.release(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usableLocked(now()); err != nil {
		return WriterState{}, err
	}
	if err := s.failureLocked(); err != nil {
		return WriterState{}, fromStore(err)
	}
	st := WriterState{Writer: s.writerLocked().Writer, ID: s.id, Tail: Offset(s.tail), Shown: Offset(s.tail)}
	if st.Hidden {
		st.Shown = Offset(s.writerLocked().shown)
	}
	return st, nil
}

// writerMark is the mark that keeps the state of a stream's writer.
const writerMark = "writer"

// staged is a Writer as the mark keeps it: its fields, with a zero byte between
// them. The first is empty when all is shown, else the position up to which
// readers see.
type stagedWriter struct {
	Writer
	shown int64 // when Hidden
}

func (w stagedWriter) mark() string {
	shown := ""
	if w.Hidden {
		shown = strconv.FormatInt(w.shown, 10)
	}
	return shown + "\x00" + w.Owner + "\x00" + w.Position + "\x00" + w.Note
}

// parseWriter reads the mark. One that nobody has written gives the zero value.
func parseWriter(mark string) (w stagedWriter) {
	shown, rest, _ := strings.Cut(mark, "\x00")
	w.Owner, rest, _ = strings.Cut(rest, "\x00")
	w.Position, w.Note, _ = strings.Cut(rest, "\x00")
	if shown != "" {
		n, err := strconv.ParseInt(shown, 10, 64)
		w.Hidden, w.shown = err == nil, n
	}
	return w
}

// hides reports whether a change hides its bytes.
func hides(c *store.Change) bool {
	return c.Mark == writerMark && c.MarkValue[0] != 0
}

// veiled is how many of the bytes that have settled readers do not see.
func veiled(m *store.Meta) int64 {
	if w := parseWriter(m.Marks[writerMark]); w.Hidden {
		return m.Tail - w.shown
	}
	return 0
}

func (s *Stream) writerLocked() stagedWriter {
	if s.history == nil {
		return stagedWriter{}
	}
	return s.history.writer
}

// nextWriterLocked is the writer's state after an append of its to be staged now.
func (s *Stream) nextWriterLocked(w *Writer) stagedWriter {
	next := stagedWriter{Writer: *w}
	if w.Hidden {
		next.shown = s.tail
		if last := s.writerLocked(); last.Hidden {
			next.shown = last.shown
		}
	}
	return next
}

// judgeWriterLocked lets an append pass that comes from whom the stream belongs to. One
// that closes the stream is new although its writer has not come further.
func (s *Stream) judgeWriterLocked(w *Writer, closes bool) verdict {
	last := s.writerLocked()
	switch {
	case w == nil && last.Owner == "":
		return verdict{}
	case w == nil:
		return verdict{err: errOwned(last.Owner)}
	case last.Owner == "" && (s.tail > 0 || s.life != nil):
		return verdict{err: refuse(CodeOwned, "the stream has content of others, or expires; %s needs one of its own", w.Owner)}
	case last.Owner == "":
		return verdict{}
	case w.Owner != last.Owner:
		return verdict{err: errOwned(last.Owner)}
	case w.Position < last.Position || *w == last.Writer && !closes:
		return verdict{duplicate: true}
	default:
		return verdict{}
	}
}

func errOwned(owner string) *Error {
	if owner == "" {
		return refuse(CodeOwned, "the stream belongs to no writer")
	}
	return refuse(CodeOwned, "the stream belongs to %s, which alone appends to it, closes and deletes it", owner)
}

// owners are the writers at work, whose streams nobody else may delete.
type owners struct {
	mu sync.Mutex // guards at
	at map[string]int
}

// Claim says that a writer is at work until release is called, once. Meanwhile its
// streams are deleted by DeleteOwned only; afterwards anybody may.
func (e *Engine) Claim(owner string) (release func()) {
	e.owners.add(owner, 1)
	return func() { e.owners.add(owner, -1) }
}

func (o *owners) add(owner string, n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.at == nil {
		o.at = make(map[string]int)
	}
	o.at[owner] += n
	if o.at[owner] == 0 {
		delete(o.at, owner)
	}
}

func (o *owners) has(owner string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.at[owner] > 0
}

// DeleteOwned is Delete for the writer that the stream belongs to. One that does not
// belong to it stays.
func (e *Engine) DeleteOwned(name, owner string) error { return e.delete(name, owner) }
