package answer

import (
	"bytes"
	"errors"
	"fmt"
)

// begin reads a status line: HTTP/1.1 204 No Content
func (p *Parser) begin(line []byte) error {
	p.head = Head{length: unknown}
	p.offset, p.lines = p.offset[:0], 0

	version, after, ok := bytes.Cut(line, []byte{' '})
	if !ok || !bytes.HasPrefix(version, []byte("HTTP/1.")) || len(after) < 3 {
		return fmt.Errorf("got %.40q, want the status line of an HTTP/1.1 answer", line)
	}
	status, err := number(after[:3], 10, 999)
	if err != nil || status < 100 {
		return fmt.Errorf("got %.40q, want a status line with three digits", line)
	}
	p.head.Status = int(status)
	p.head.Close = bytes.Equal(version, []byte("HTTP/1.0"))
	return nil
}

// field reads one header line. The length is looked at first, as it tells most
// headers apart from the few that matter.
func (p *Parser) field(line []byte) error {
	name, value, ok := bytes.Cut(line, []byte{':'})
	if !ok {
		return fmt.Errorf("got the header line %.40q, want a colon in it", line)
	}
	value = bytes.TrimSpace(value)
	switch len(name) {
	case len("Connection"):
		if is(name, "Connection") {
			p.head.Close = p.head.Close || is(value, "close")
		}
	case len("Content-Length"):
		if is(name, "Content-Length") {
			return p.contentLength(value)
		}
	case len("Transfer-Encoding"): // and of Stream-Up-To-Date
		switch {
		case is(name, "Stream-Up-To-Date"):
			p.head.UpToDate = true
		case is(name, "Transfer-Encoding") && is(value, "chunked"):
			p.head.chunked = true
		case is(name, "Transfer-Encoding"):
			return fmt.Errorf("got Transfer-Encoding %.40q, want chunked", value)
		}
	case len("Stream-Next-Offset"):
		if is(name, "Stream-Next-Offset") {
			if len(value) > MaxOffset {
				return fmt.Errorf("Stream-Next-Offset is over %d bytes", MaxOffset)
			}
			p.offset = append(p.offset[:0], value...)
		}
	}
	return nil
}

func (p *Parser) contentLength(value []byte) error {
	const most = 1 << 53
	n, err := number(value, 10, most)
	if err != nil {
		return fmt.Errorf("Content-Length %.40q: %w", value, err)
	}
	if p.head.length != unknown && p.head.length != n {
		return errors.New("the answer has two lengths")
	}
	p.head.length = n
	return nil
}

// endHeader decides how the body is delimited (RFC 9112, section 6.3).
func (p *Parser) endHeader() Kind {
	h := &p.head
	switch {
	case h.Status < 200:
		p.state = inStatus // an interim answer; the real one follows
		return More
	case h.Status == 204 || h.Status == 304:
		p.state, p.left = inSized, 0
	case h.chunked:
		p.state = inChunkSize
	case h.length != unknown:
		p.state, p.left = inSized, h.length
	default:
		p.state, h.Close = inUnsized, true
	}
	return Header
}

// beginChunk reads the line before a chunk: its size in hexadecimal digits, and
// extensions, which mean nothing to us.
func (p *Parser) beginChunk(line []byte) error {
	const most = 1 << 53
	size, _, _ := bytes.Cut(line, []byte{';'})
	n, err := number(bytes.TrimSpace(size), 16, most)
	if err != nil {
		return fmt.Errorf("size of a chunk, %.40q: %w", line, err)
	}
	p.state, p.left = inChunk, n
	if n == 0 {
		p.state = inTrailer
	}
	return nil
}

// is compares without regard to case.
func is(got []byte, want string) bool {
	return len(got) == len(want) && bytes.EqualFold(got, []byte(want))
}

// number reads digits of that base and nothing else, up to most.
func number(digits []byte, base, most int64) (int64, error) {
	if len(digits) == 0 {
		return 0, errors.New("want a number")
	}
	n := int64(0)
	for _, c := range digits {
		d := digit(c)
		if d >= base {
			return 0, errors.New("want a number")
		}
		if n = n*base + d; n > most {
			return 0, fmt.Errorf("want at most %d", most)
		}
	}
	return n, nil
}

// digit returns the value of a digit, or one beyond every base.
func digit(c byte) int64 {
	switch {
	case '0' <= c && c <= '9':
		return int64(c - '0')
	case 'a' <= c && c <= 'f':
		return int64(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int64(c-'A') + 10
	default:
		return 99
	}
}
