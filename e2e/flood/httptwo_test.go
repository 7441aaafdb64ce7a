package flood_test

import (
	"bytes"
	"io"
	"net"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// Connections and streams of the attacks by HTTP/2, which is spoken without an
// upgrade on the plain port.
const (
	sessions = 10
	// multiplexed is the streams of one session, at most what the server allows.
	multiplexed = 1000
)

// Headers of a read of the big stream, and of an append to it whose body does not
// come.
var (
	readHeader   = block("GET", "/v1/stream/"+big+"?offset=-1")
	appendHeader = block("POST", "/v1/stream/"+big)
)

func block(method, path string) []byte {
	var b bytes.Buffer
	enc := hpack.NewEncoder(&b)
	for _, f := range [][2]string{
		{":method", method}, {":scheme", "http"}, {":authority", "h"}, {":path", path}, {"content-type", "text/plain"},
	} {
		enc.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
	}
	return b.Bytes()
}

// frames are the bytes of what a client writes.
func frames(write func(f *http2.Framer)) []byte {
	var b bytes.Buffer
	f := http2.NewFramer(&b, nil)
	f.AllowIllegalWrites = true
	write(f)
	return b.Bytes()
}

// open begins a session.
func (g *siege) open(settings ...http2.Setting) net.Conn {
	c := g.dial()
	if c != nil {
		send(c, append([]byte(http2.ClientPreface), frames(func(f *http2.Framer) { f.WriteSettings(settings...) })...))
	}
	return c
}

// begin opens the nth stream of a session.
func begin(f *http2.Framer, n int, header []byte, ends bool) {
	f.WriteHeaders(http2.HeadersFrameParam{
		StreamID: uint32(2*n + 1), BlockFragment: header, EndHeaders: true, EndStream: ends,
	})
}

// rapidReset opens streams and resets each at once, so that there are never many,
// 10,000 in all. Half of the sessions read, the others append.
func rapidReset(g *siege) {
	const inARow = 20
	g.spawn(sessions, func(i int) {
		c := g.open()
		if c == nil {
			return
		}
		header, ends := readHeader, true
		if i%2 > 0 {
			header, ends = appendHeader, false
		}
		g.spawn(1, func(int) { io.Copy(io.Discard, c) })
		for n := 0; n < multiplexed && !g.over(); n += inARow {
			some := frames(func(f *http2.Framer) {
				for i := n; i < n+inARow; i++ {
					begin(f, i, header, ends)
					f.WriteRSTStream(uint32(2*i+1), http2.ErrCodeCancel)
				}
			})
			if !send(c, some) {
				return
			}
			g.wait(window / (multiplexed / inARow))
		}
	})
}

// control is a session that sends the same small frames again and again, and reads
// no answer to them.
func (g *siege) control(write func(f *http2.Framer)) {
	const inARow = 1000
	g.narrow()
	g.pour(sessions, http2.ClientPreface+string(frames(func(f *http2.Framer) { f.WriteSettings() })), string(frames(func(f *http2.Framer) {
		for range inARow {
			write(f)
		}
	})))
}

func settingsFlood(g *siege) { g.control(func(f *http2.Framer) { f.WriteSettings() }) }
func pingFlood(g *siege)     { g.control(func(f *http2.Framer) { f.WritePing(false, [8]byte{}) }) }

// endlessContinuation begins a header and continues it for ever.
func endlessContinuation(g *siege) {
	var block bytes.Buffer
	hpack.NewEncoder(&block).WriteField(hpack.HeaderField{Name: "x", Value: strings.Repeat("~", 8<<10), Sensitive: true})
	more := frames(func(f *http2.Framer) {
		for range 8 {
			f.WriteContinuation(1, false, block.Bytes())
		}
	})
	first := frames(func(f *http2.Framer) {
		f.WriteSettings()
		f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: readHeader})
	})
	g.pour(sessions, http2.ClientPreface+string(first), string(more))
}

// shutWindow asks for a page by every stream there may be, and never opens the
// window by which it could be sent.
func shutWindow(g *siege) {
	const inARow = 20
	g.spawn(sessions, func(int) {
		c := g.open(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
		if c == nil {
			return
		}
		g.spawn(1, func(int) { io.Copy(io.Discard, c) })
		for n := 0; n < multiplexed && !g.over(); n += inARow {
			send(c, frames(func(f *http2.Framer) {
				for i := n; i < n+inARow; i++ {
					begin(f, i, readHeader, true)
				}
			}))
			g.wait(window / (multiplexed / inARow))
		}
	})
}
