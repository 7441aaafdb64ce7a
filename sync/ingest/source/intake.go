package source

import "io"

// intake reads the socket into slabs and finds the messages in them. One
// goroutine owns it.
type intake struct {
	src     io.Reader
	slab    *slab
	filled  int // bytes of slab that came from the socket
	scanned int // end of the whole messages among them
}

// smallRead is the free space, in bytes, below which a slab counts as full
// when it ends with a whole message.
const smallRead = 4 << 10

// fill reads once and returns how many bytes came.
func (in *intake) fill() (int, error) {
	n, err := in.src.Read(in.slab.buf[in.filled:])
	in.filled += n
	if n > 0 {
		return n, nil // the error comes again
	}
	return 0, err
}

// whole returns the next whole message, header included, or nil if the rest of
// it has not come yet.
func (in *intake) whole() ([]byte, error) {
	rest := in.slab.buf[in.scanned:in.filled]
	size, err := messageSize(rest)
	if err != nil || size == 0 || size > len(rest) {
		return nil, err
	}
	in.scanned += size
	return rest[:size], nil
}

// need returns the size of a slab that can hold the message which is coming
// in, or 0 while this one can.
func (in *intake) need() int {
	rest := in.slab.buf[in.scanned:in.filled]
	size, err := messageSize(rest)
	if err != nil || size == 0 {
		size = headerSize
	}
	free := len(in.slab.buf) - in.filled
	if in.scanned+size <= len(in.slab.buf) && (len(rest) > 0 || free >= smallRead) {
		return 0
	}
	return size
}

// tail is the part of a message that has come so far.
func (in *intake) tail() []byte {
	return in.slab.buf[in.scanned:in.filled]
}

// moveTo continues in a slab that begins with the tail.
func (in *intake) moveTo(s *slab) {
	in.filled -= in.scanned
	in.scanned = 0
	in.slab = s
}
