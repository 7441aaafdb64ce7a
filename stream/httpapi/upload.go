package httpapi

import (
	"errors"
	"io"
	"net/http"
	"slices"

	"github.com/weirstreams/weir/limits"
)

// upload is the body of a request, in a pooled buffer. What it holds of the memory
// that all bodies share is given back with the buffer.
type upload struct {
	buf    *[]byte
	budget *limits.Budget
	held   int64
}

// maxUncounted is the size up to which a body is not counted: most bodies are
// smaller, and connections bound what those can take together.
const maxUncounted = 64 << 10

var (
	errTooLarge = errors.New("body over the limit")
	errNoRoom   = errors.New("no memory for the body")
)

// newUpload returns an empty body, which ends with release.
func newUpload(budget *limits.Budget) upload {
	u := upload{buf: getBuffer(), budget: budget}
	size := int64(cap(*u.buf))
	switch {
	case size <= maxUncounted:
	case budget.Take(size):
		u.held = size
	default:
		putBuffer(u.buf)
		u.buf = newBuffer()
	}
	return u
}

// bytes returns the body, which may be used until release.
func (u *upload) bytes() []byte { return *u.buf }

// release gives back what the body holds.
func (u *upload) release() {
	putBuffer(u.buf)
	if u.held > 0 {
		u.budget.Give(u.held)
	}
}

// fill reads until the end of the body. A length that was announced is only
// believed as far as half of it has come, so that it costs the client the bytes
// and not the server the memory.
func (u *upload) fill(r *http.Request, limit int64) error {
	for {
		if len(*u.buf) == cap(*u.buf) {
			if err := u.grow(r.ContentLength, limit); err != nil {
				return err
			}
		}
		b := *u.buf
		n, err := r.Body.Read(b[len(b):cap(b)])
		*u.buf = b[:len(b)+n]
		if limit > 0 && int64(len(*u.buf)) > limit {
			return errTooLarge
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// grow makes room for as much again, or less when the body is known to end before.
func (u *upload) grow(announced, limit int64) error {
	b := *u.buf
	size := 2 * int64(cap(b))
	if announced > int64(cap(b)) {
		size = min(size, announced)
	}
	if limit > 0 {
		size = min(size, limit+1) // one more, to see that it is over
	}
	if size <= maxUncounted {
		*u.buf = slices.Grow(b, int(size)-len(b))
		return nil
	}
	// Both are there while one is copied to the other.
	if !u.budget.Take(size) {
		return errNoRoom
	}
	*u.buf = slices.Grow(b, int(size)-len(b))
	u.budget.Give(u.held)
	u.held = size
	return nil
}
