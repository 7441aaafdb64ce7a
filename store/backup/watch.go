package backup

import (
	"context"
	"fmt"
	"io"
	"time"
)

// Progress is told how many bytes are done, and of how many, or -1 when nobody
// knows. It is called a few times a second from one goroutine; nil is nobody.
type Progress func(done, total int64)

const tellEvery = 250 * time.Millisecond

// watch looks at the context, and says how far the work is, each time something is
// read through it.
type watch struct {
	ctx         context.Context
	progress    Progress
	done, total int64
	told        time.Time
}

func (w *watch) reader(r io.Reader) io.Reader { return &watched{w, r} }

type watched struct {
	w *watch
	r io.Reader
}

// Read implements io.Reader.
func (r *watched) Read(p []byte) (int, error) {
	w := r.w
	if err := context.Cause(w.ctx); err != nil {
		return 0, fmt.Errorf("cut short: %w", err)
	}
	n, err := r.r.Read(p)
	w.done += int64(n)
	if now := time.Now(); w.progress != nil && now.Sub(w.told) >= tellEvery {
		w.told = now
		w.progress(w.done, w.total)
	}
	return n, err
}
