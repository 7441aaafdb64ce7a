package httpapi

import "sync"

// buffers holds byte slices for bodies and answers. One that has grown past
// maxPooled is not kept.
var buffers = sync.Pool{New: func() any { return newBuffer() }}

const maxPooled = 1 << 20

func newBuffer() *[]byte {
	b := make([]byte, 0, 4096)
	return &b
}

// getBuffer returns an empty buffer, which is the caller's until putBuffer.
func getBuffer() *[]byte {
	b := buffers.Get().(*[]byte)
	*b = (*b)[:0]
	return b
}

func putBuffer(b *[]byte) {
	if cap(*b) <= maxPooled {
		buffers.Put(b)
	}
}
