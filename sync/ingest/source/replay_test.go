package source_test

import (
	"bytes"
	"io"
	"net"
	"time"

	"github.com/weirstreams/weir/sync/ingest/source"
)

// replay is a connection on which the same frames arrive for ever, as fast as
// they are read.
type replay struct {
	frames []byte
	at     int
	closed chan struct{}
}

func newReplay(size int) *replay {
	payload := xlog(1, 1, string(bytes.Repeat([]byte("I"), size)))
	frame := append(source.AppendCopyData(nil, len(payload)), payload...)
	return &replay{frames: bytes.Repeat(frame, 1000), closed: make(chan struct{})}
}

// Read gives at most 64 KiB at once: enough for the reader not to nap.
func (r *replay) Read(p []byte) (int, error) {
	select {
	case <-r.closed:
		return 0, io.EOF
	default:
	}
	n := copy(p[:min(len(p), 64<<10)], r.frames[r.at:])
	r.at = (r.at + n) % len(r.frames)
	return n, nil
}

func (r *replay) Close() error {
	select {
	case <-r.closed:
	default:
		close(r.closed)
	}
	return nil
}

func (r *replay) Write(p []byte) (int, error)      { return len(p), nil }
func (r *replay) LocalAddr() net.Addr              { return nil }
func (r *replay) RemoteAddr() net.Addr             { return nil }
func (r *replay) SetDeadline(time.Time) error      { return nil }
func (r *replay) SetReadDeadline(time.Time) error  { return nil }
func (r *replay) SetWriteDeadline(time.Time) error { return nil }
