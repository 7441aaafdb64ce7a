package sse

import "strconv"

// Key tells the steps of one stream's readers apart: from where to where they
// lead, what they say of the tail, and the cursor they carry.
type Key struct {
	From, To         int64
	UpToDate, Closed bool
	Cursor           int64
}

// Batch is one step of a stream's readers: a data event, or none, and the control
// event behind it. Everybody who takes this step shares it, so it never changes.
type Batch struct {
	Key
	next  string // the offset to resume from
	event int    // length of the data event
	// chunk is the frame with a head and an end, as one chunk of a response in
	// HTTP/1.1's chunked coding (RFC 9112, section 7.1).
	chunk []byte
	head  int
}

// maxHead is room for the head of any chunk: its length and a line break.
const maxHead = 16 + len(crlf)

const (
	crlf = "\r\n"
	// lastChunk ends a response in chunked coding.
	lastChunk = "0\r\n\r\n"
	hexDigits = "0123456789abcdef"
)

// newBatch encodes a step. The function appends the data event to what it is given.
func newBatch(k Key, encode func(dst []byte) (frame []byte, next string, err error)) (*Batch, error) {
	b := &Batch{Key: k}
	buf := make([]byte, maxHead, maxHead+2*frameOverhead)
	buf, next, err := encode(buf)
	if err != nil {
		return nil, err
	}
	b.next, b.event = next, len(buf)-maxHead
	buf = b.appendControl(buf, k.Cursor)
	b.head = putHead(buf[:maxHead], len(buf)-maxHead)
	b.chunk = append(buf, crlf...)[maxHead-b.head:]
	return b, nil
}

// Frame is the step's events, with the cursor of its key.
func (b *Batch) Frame() []byte { return b.chunk[b.head : len(b.chunk)-len(crlf)] }

// FrameFor is Frame with another cursor, in the memory of scratch.
func (b *Batch) FrameFor(cursor int64, scratch *[]byte) []byte {
	if b.sameFor(cursor) {
		return b.Frame()
	}
	*scratch = b.appendControl(append((*scratch)[:0], b.Frame()[:b.event]...), cursor)
	return *scratch
}

// chunkFor is FrameFor as one chunk; shared tells that it is not in scratch, but
// the same for all.
func (b *Batch) chunkFor(cursor int64, scratch *[]byte) (chunk []byte, shared bool) {
	if b.sameFor(cursor) {
		return b.chunk, true
	}
	var head [maxHead]byte
	out := append(append((*scratch)[:0], head[:]...), b.Frame()[:b.event]...)
	out = b.appendControl(out, cursor)
	n := putHead(out[:maxHead], len(out)-maxHead)
	out = append(out, crlf...)
	*scratch = out
	return out[maxHead-n:], false
}

// sameFor reports whether the frame for a cursor is the one that is shared. That
// of a closed stream carries no cursor.
func (b *Batch) sameFor(cursor int64) bool { return cursor == b.Cursor || b.Closed }

func (b *Batch) appendControl(dst []byte, cursor int64) []byte {
	var digits [20]byte
	return AppendControl(dst, Control{
		Next: b.next, Cursor: string(strconv.AppendInt(digits[:0], cursor, 10)),
		UpToDate: b.UpToDate, Closed: b.Closed,
	})
}

// putHead writes the head of a chunk of size bytes at the end of dst, and returns
// the head's length.
func putHead(dst []byte, size int) int {
	i := len(dst) - len(crlf)
	copy(dst[i:], crlf)
	for {
		i--
		dst[i] = hexDigits[size&15]
		if size >>= 4; size == 0 {
			return len(dst) - i
		}
	}
}

// chunkOf is a frame as one chunk.
func chunkOf(frame []byte) []byte {
	buf := append(make([]byte, maxHead, maxHead+len(frame)+len(crlf)), frame...)
	n := putHead(buf[:maxHead], len(frame))
	return append(buf, crlf...)[maxHead-n:]
}
