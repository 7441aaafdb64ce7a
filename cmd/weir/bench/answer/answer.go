// Package answer reads HTTP/1.1 answers as their bytes arrive, in pieces of any
// size, for a client that holds thousands of connections: it keeps a few dozen
// bytes for each, copies no body and allocates nothing once a connection is warm.
//
// Feed a Parser what was read, with Next, until it says More. It understands what
// a measuring client has to: the status, how the body is delimited, whether the
// connection goes on, and the headers in which Durable Streams say where a read
// has got to. It is for answers to GET, PUT and POST; those to HEAD have another
// framing.
package answer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Bounds on what a server may send outside of bodies, in bytes.
const (
	MaxLine   = 16 << 10 // one line of a header, or of the framing of chunks
	MaxHeader = 64 << 10 // the lines of one header, together
	MaxOffset = 256      // Stream-Next-Offset
)

// Kind says what Next has found.
type Kind uint8

// The parts of an answer, in the order in which they come: a Header, any number
// of Body parts, an End.
const (
	More   Kind = iota // everything was consumed; feed what is read next
	Header             // Head is complete
	Body               // some bytes of the body
	End                // the answer is complete; the next one may follow
)

// Head is what an answer's status line and headers say.
type Head struct {
	Status   int
	Close    bool // the server closes the connection after this answer
	UpToDate bool // Stream-Up-To-Date is there
	chunked  bool
	length   int64 // of the body; unknown when there is no Content-Length
}

const unknown = -1

type state uint8

const (
	inStatus state = iota
	inHeader
	inSized     // a body of Content-Length bytes
	inUnsized   // a body that ends with the connection
	inChunkSize // before a chunk
	inChunk
	inChunkEnd // after a chunk's bytes, before its line feed
	inTrailer  // after the last chunk
)

// Parser reads the answers of one connection. Its zero value is ready for the
// first of them. A Parser that has returned an error is of no further use.
type Parser struct {
	head   Head
	offset []byte
	line   []byte // the beginning of a line whose end has not come
	left   int64  // bytes of the body or chunk still to come
	lines  int32  // bytes of this header's lines so far
	state  state
}

// Head returns the head of the answer whose parts Next returns, from its Header
// on until the next answer begins.
func (p *Parser) Head() *Head { return &p.head }

// NextOffset returns Stream-Next-Offset of that answer, empty without one. It is
// valid until the next answer begins.
func (p *Parser) NextOffset() []byte { return p.offset }

// Next consumes the first bytes of in. It returns the part that they complete,
// with the body's bytes, which lie within in, if that is a Body, and what follows
// them in rest. An End may complete without a byte, so go on until More.
func (p *Parser) Next(in []byte) (part Kind, body, rest []byte, err error) {
	for {
		switch p.state {
		case inSized, inChunk:
			return p.counted(in)
		case inUnsized:
			if len(in) == 0 {
				return More, nil, nil, nil
			}
			return Body, in, nil, nil
		}
		line, after, ok, err := p.cutLine(in)
		if err != nil || !ok {
			return More, nil, nil, err
		}
		in = after
		part, err := p.takeLine(line)
		if err != nil || part != More {
			return part, nil, in, err
		}
	}
}

// counted takes bytes of a body whose length is known, or ends it.
func (p *Parser) counted(in []byte) (Kind, []byte, []byte, error) {
	if p.left == 0 {
		if p.state == inChunk {
			p.state = inChunkEnd
			return p.Next(in)
		}
		p.state = inStatus
		return End, nil, in, nil
	}
	if len(in) == 0 {
		return More, nil, nil, nil
	}
	n := min(p.left, int64(len(in)))
	p.left -= n
	return Body, in[:n], in[n:], nil
}

// cutLine returns the first line of in without its end, or keeps what there is of
// it.
func (p *Parser) cutLine(in []byte) (line, rest []byte, ok bool, err error) {
	end := bytes.IndexByte(in, '\n')
	if end < 0 {
		if len(p.line)+len(in) > MaxLine {
			return nil, nil, false, errLongLine
		}
		p.line = append(p.line, in...)
		return nil, nil, false, nil
	}
	line = in[:end]
	if len(p.line) > 0 {
		p.line = append(p.line, line...)
		line, p.line = p.line, p.line[:0]
	}
	if len(line) > MaxLine {
		return nil, nil, false, errLongLine
	}
	return bytes.TrimSuffix(line, []byte{'\r'}), in[end+1:], true, nil
}

var errLongLine = fmt.Errorf("a line of the answer is over %d bytes", MaxLine)

// takeLine takes a line that is no part of a body.
func (p *Parser) takeLine(line []byte) (Kind, error) {
	switch p.state {
	case inStatus:
		p.state = inHeader
		return More, p.begin(line)
	case inHeader:
		if len(line) == 0 {
			return p.endHeader(), nil
		}
		if p.lines += int32(len(line)); p.lines > MaxHeader {
			return More, fmt.Errorf("the header of the answer is over %d bytes", MaxHeader)
		}
		return More, p.field(line)
	case inChunkSize:
		return More, p.beginChunk(line)
	case inChunkEnd:
		if len(line) > 0 {
			return More, errors.New("a chunk of the answer is longer than it says")
		}
		p.state = inChunkSize
		return More, nil
	default: // inTrailer
		if len(line) > 0 {
			return More, nil
		}
		p.state = inStatus
		return End, nil
	}
}

// EOF says what the end of the connection means now: End that it completes an
// answer, More that none has begun, io.ErrUnexpectedEOF that one is cut off.
func (p *Parser) EOF() (Kind, error) {
	switch {
	case p.state == inUnsized:
		p.state = inStatus
		return End, nil
	case p.state == inStatus && len(p.line) == 0:
		return More, nil
	}
	return More, io.ErrUnexpectedEOF
}
