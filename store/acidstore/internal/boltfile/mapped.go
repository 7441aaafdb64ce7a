package boltfile

import (
	"errors"
	"io"
	"runtime"
)

// Map is the beginning of a file that is mapped. What is read of one is not copied,
// and is what bbolt finds there itself: it changes and goes with the pages.
//
// A page that the disk does not give makes the processor fault, so whoever reads
// has called debug.SetPanicOnFault.
type Map []byte

// errFault is what the processor says of a page of a map.
var errFault = errors.New("the disk does not give it")

// ReadAt implements io.ReaderAt.
func (m Map) ReadAt(p []byte, off int64) (int, error) {
	b, err := m.part(off, int64(len(p)))
	return copy(p, b), err
}

// part returns n bytes of the map, each of whose pages was there.
func (m Map) part(at, n int64) (b []byte, err error) {
	if at < 0 || n < 0 || at > int64(len(m))-n {
		return nil, io.EOF
	}
	defer func() {
		if p := recover(); p != nil {
			b, err = nil, errFault
		}
	}()
	b = m[at : at+n : at+n]
	seen := byte(0)
	for i := 0; i < len(b); i += PageBytes {
		seen |= b[i]
	}
	runtime.KeepAlive(seen)
	return b, nil
}

// part returns n bytes of a file: of a map itself, and else a copy.
func part(src io.ReaderAt, at, n int64) ([]byte, error) {
	if m, ok := src.(Map); ok {
		return m.part(at, n)
	}
	b := make([]byte, n)
	if _, err := src.ReadAt(b, at); err != nil {
		return nil, err
	}
	return b, nil
}
