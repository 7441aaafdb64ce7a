package client

import (
	"context"
	"fmt"
	"io"
	"os"
)

// maxWhole bounds what is sent in one piece, in bytes: the largest append that a
// server can be configured for.
const maxWhole = 512 << 20

// standardInput stands in place of a file's name.
const standardInput = "-"

func shownName(file string) string {
	if file == standardInput {
		return "standard input"
	}
	return file
}

// open opens a file to send, or standard input, of which reads end with ctx.
func (s *session) open(ctx context.Context, file string) (io.ReadCloser, error) {
	if file == standardInput {
		return io.NopCloser(&interruptible{ctx: ctx, r: s.env.Stdin}), nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err // which names the file
	}
	return f, nil
}

// readWhole reads a file that is sent in one piece.
func (s *session) readWhole(ctx context.Context, file string) ([]byte, error) {
	f, err := s.open(ctx, file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return wholeOf(f, file)
}

func wholeOf(r io.Reader, file string) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxWhole+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", shownName(file), err)
	}
	if len(body) > maxWhole {
		return nil, fmt.Errorf("%s is over %d bytes, which no server takes in one piece", shownName(file), maxWhole)
	}
	return body, nil
}

// totalSize is how many bytes the files have, or -1 when one is no regular file.
func totalSize(files []string) int64 {
	total := int64(0)
	for _, file := range files {
		info, err := os.Stat(file)
		if file == standardInput || err != nil || !info.Mode().IsRegular() {
			return -1
		}
		total += info.Size()
	}
	return total
}

// interruptible is a reader that may block for ever, as a terminal does. A Read
// returns when ctx ends; what was being read then is lost, and so is the goroutine
// that waits for it, until the process ends. One goroutine uses it.
type interruptible struct {
	ctx  context.Context
	r    io.Reader
	buf  []byte
	left []byte // of buf, read but not handed out
	err  error  // that came with it
}

func (i *interruptible) Read(p []byte) (int, error) {
	if len(i.left) == 0 && i.err == nil {
		i.fill()
	}
	n := copy(p, i.left)
	i.left = i.left[n:]
	if len(i.left) > 0 {
		return n, nil
	}
	return n, i.err
}

func (i *interruptible) fill() {
	type piece struct {
		n   int
		err error
	}
	if i.buf == nil {
		i.buf = make([]byte, 64<<10)
	}
	read := make(chan piece, 1)
	go func() {
		n, err := i.r.Read(i.buf)
		read <- piece{n, err}
	}()
	select {
	case got := <-read:
		i.left, i.err = i.buf[:got.n], got.err
	case <-i.ctx.Done():
		i.err = context.Cause(i.ctx)
	}
}

// readChunk reads so many bytes. last says that there are no more.
func readChunk(r io.Reader, most int) (chunk []byte, last bool, err error) {
	chunk, err = io.ReadAll(io.LimitReader(r, int64(most)))
	if err != nil {
		return nil, false, fmt.Errorf("read: %w", err)
	}
	return chunk, len(chunk) < most, nil
}
