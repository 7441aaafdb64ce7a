package socket_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/weirstreams/weir/sse/socket"
)

// pair returns a connection and its other end.
func pair(t *testing.T) (*socket.Conn, *net.TCPConn, *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	far, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	near, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	s, err := socket.New(near.(*net.TCPConn))
	if err != nil {
		t.Fatal(err)
	}
	return s, near.(*net.TCPConn), far.(*net.TCPConn)
}

// noise returns n bytes of which no part is like another.
func noise(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{}).Read(b)
	return b
}

// More than the kernel holds goes through whole, both ways, with waiting: in pieces
// that take one call each, and in one that takes the ordinary way.
func TestReadAndWrite(t *testing.T) {
	for _, piece := range []int{60_000, 8 << 20} {
		readAndWrite(t, piece)
	}
}

func readAndWrite(t *testing.T, piece int) {
	s, near, far := pair(t)
	near.SetWriteBuffer(16 << 10) // so that no piece is taken whole
	want := noise(8 << 20)
	echoed := make(chan error, 1)
	go func() {
		_, err := io.Copy(far, io.LimitReader(far, int64(len(want))))
		echoed <- errors.Join(err, far.CloseWrite())
	}()
	got := make(chan []byte, 1)
	go func() {
		var all bytes.Buffer
		_, err := io.CopyBuffer(struct{ io.Writer }{&all}, s, make([]byte, min(piece, 1<<20)))
		b := all.Bytes()
		if err != nil {
			t.Errorf("read: %v", err)
		}
		got <- b
	}()
	for p := range slices.Chunk(want, piece) {
		if n, err := s.Write(p); n != len(p) || err != nil {
			t.Fatalf("write: got %d, %v, want %d", n, err, len(p))
		}
	}
	if err := <-echoed; err != nil {
		t.Fatal(err)
	}
	if b := <-got; !bytes.Equal(b, want) {
		t.Errorf("read: got %d bytes, want the %d written", len(b), len(want))
	}
	near.Close()
	if _, err := s.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("read after close: got %v, want %v", err, net.ErrClosed)
	}
}

// TryWrite takes what there is room for, and what it took arrives.
func TestTryWrite(t *testing.T) {
	s, _, far := pair(t)
	p := noise(256 << 10) // several calls
	taken := 0
	for {
		n, err := s.TryWrite(p)
		if err != nil {
			t.Fatal(err)
		}
		if taken += n; n < len(p) {
			break
		}
	}
	if n, err := s.TryWrite(p); n != 0 || err != nil {
		t.Errorf("try when there is no room: got %d, %v, want nothing, and no error", n, err)
	}
	got, want := make([]byte, taken), bytes.Repeat(p, taken/len(p)+1)[:taken]
	if _, err := io.ReadFull(far, got); err != nil || !bytes.Equal(got, want) {
		t.Errorf("read: got %v, or other bytes than the %d taken", err, taken)
	}
}

func TestDeadlines(t *testing.T) {
	s, near, _ := pair(t)
	near.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
	if _, err := s.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read: got %v, want %v", err, os.ErrDeadlineExceeded)
	}
	near.SetWriteDeadline(time.Now().Add(5 * time.Millisecond))
	if _, err := s.Write(make([]byte, 64<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("write: got %v, want %v", err, os.ErrDeadlineExceeded)
	}
}

// Errors look like those of package net, which net/http tells apart.
func TestErrors(t *testing.T) {
	s, _, far := pair(t)
	far.SetLinger(0)
	far.Close()
	_, err := s.Read(make([]byte, 1))
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "read" || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("read of a connection that was reset: got %v, want a net.OpError of ECONNRESET", err)
	}
	if _, err = s.Write([]byte("x")); !errors.As(err, &op) || op.Op != "write" || !errors.Is(err, syscall.EPIPE) {
		t.Errorf("write to it: got %v, want a net.OpError of EPIPE", err)
	}
}

func BenchmarkTryWrite(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	far, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer far.Close()
	near, err := l.Accept()
	if err != nil {
		b.Fatal(err)
	}
	defer near.Close()
	go io.Copy(io.Discard, far)
	s, err := socket.New(near.(*net.TCPConn))
	if err != nil {
		b.Fatal(err)
	}
	p := make([]byte, 450)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.TryWrite(p); err != nil {
			b.Fatal(err)
		}
	}
}
