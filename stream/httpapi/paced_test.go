package httpapi_test

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/stream/httpapi"
)

// Frames of HTTP/2 (RFC 9113, section 4.1): length, type, flags, stream.
const (
	preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	// noWindow sets the window of streams to 0 (section 6.5.2).
	noWindow = "\x00\x00\x06\x04\x00\x00\x00\x00\x00" + "\x00\x04\x00\x00\x00\x00"
	// getHeaders opens stream 1 with its whole header, and ends it.
	getHeaders   = "\x01\x05\x00\x00\x00\x01"
	frameReset   = 3
	frameData    = 0
	frameHeadLen = 9
)

// get is a request as a header block without compression (RFC 7541, section 6.2.2).
func get(path string) string {
	block := "\x82\x86" + "\x01\x01h" + "\x04" + string(rune(len(path))) + path
	return "\x00\x00" + string(rune(len(block))) + getHeaders + block
}

// TestH2CShutWindow: a reader that never opens its window is given up, whatever the
// size of its answer; the connection is not.
func TestH2CShutWindow(t *testing.T) {
	base, client, _ := serveH2C(t, httpapi.Options{WriteTimeout: 30 * time.Millisecond})
	exchange(t, client, 201, "PUT", base+"small", "x")
	exchange(t, client, 201, "PUT", base+"large", strings.Repeat("x", 1<<20))
	for _, path := range []string{"small?offset=-1", "large?offset=-1", "none"} {
		c := dialH2C(t, base, path)
		awaitReset(t, c, path)
	}
}

// frame is a frame without what says where it goes.
type frame struct {
	kind byte
	ends bool // END_STREAM
	size int64
}

// nextFrame reads one.
func nextFrame(t *testing.T, c net.Conn) frame {
	t.Helper()
	var head [frameHeadLen]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		t.Fatalf("read frame: %v", err)
	}
	f := frame{head[3], head[4]&1 != 0, int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])}
	if _, err := io.CopyN(io.Discard, c, f.size); err != nil {
		t.Fatalf("read frame: %v", err)
	}
	return f
}

// awaitReset reads frames until stream 1 is reset.
func awaitReset(t *testing.T, c net.Conn, path string) {
	t.Helper()
	for {
		switch f := nextFrame(t, c); {
		case f.kind == frameReset:
			return
		case f.kind == frameData && f.size > 0:
			t.Errorf("%s: got %d bytes of data, want none with the window shut", path, f.size)
		}
	}
}

// A reader that is slow but goes on gets everything, however long it takes.
func TestH2CSlowReader(t *testing.T) {
	const (
		timeout = 400 * time.Millisecond
		size    = 640 << 10
		// moreWindow lets 64 KiB more come, on the connection and on stream 1.
		moreWindow = "\x00\x00\x04\x08\x00\x00\x00\x00\x00\x00\x01\x00\x00" + "\x00\x00\x04\x08\x00\x00\x00\x00\x01\x00\x01\x00\x00"
	)
	base, client, _ := serveH2C(t, httpapi.Options{WriteTimeout: timeout})
	exchange(t, client, 201, "PUT", base+"s", strings.Repeat("x", size))
	c := dialH2C(t, base, "s?offset=-1")
	tick := time.NewTicker(timeout / 7)
	defer tick.Stop()
	var got, window int64
	for began := time.Now(); ; {
		if got == window {
			<-tick.C
			io.WriteString(c, moreWindow)
			window += 64 << 10
		}
		f := nextFrame(t, c)
		if f.kind == frameReset {
			t.Fatalf("slow reader: it was given up after %d bytes in %s, want all %d", got, time.Since(began), size)
		}
		if f.kind == frameData {
			got += f.size
		}
		if f.kind == frameData && f.ends {
			break
		}
	}
	if got != size {
		t.Errorf("slow reader: got %d bytes, want %d", got, size)
	}
}

// dialH2C asks for a stream, with the window shut.
func dialH2C(t *testing.T, base, path string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.Split(base, "/")[2])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	io.WriteString(c, preface+noWindow+get("/v1/stream/"+path))
	return c
}
