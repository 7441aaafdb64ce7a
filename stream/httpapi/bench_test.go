package httpapi_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"testing"

	"github.com/weirstreams/weir/limits"
	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/stream/httpapi"
)

// BenchmarkRequests serves one request after another on one connection. The client
// allocates nothing, so that what is counted is the server's.
func BenchmarkRequests(b *testing.B) {
	message := string(bytes.Repeat([]byte("."), 256))
	for _, bench := range []struct {
		name, body string
		line       func(i int) string
	}{
		{"append", message, func(int) string { return "POST /v1/stream/s" }},
		{"create", "", func(i int) string { return "PUT /v1/stream/bench/" + strconv.Itoa(i) }},
		{"delete", "", func(i int) string { return "DELETE /v1/stream/none/" + strconv.Itoa(i) }},
		{"head", "", func(int) string { return "HEAD /v1/stream/page" }},
		{"read", "", func(int) string { return "GET /v1/stream/page?offset=-1" }},
		{"long-poll", "", func(int) string { return "GET /v1/stream/page?offset=-1&live=long-poll" }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			c := benchServer(b, message)
			var request []byte
			answer := make([]byte, 4096)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				request = fmt.Appendf(request[:0], "%s HTTP/1.1\r\nHost: localhost\r\n", bench.line(i))
				request = fmt.Appendf(request, "Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", len(bench.body), bench.body)
				if _, err := c.Write(request); err != nil {
					b.Fatal(err)
				}
				if _, err := c.Read(answer); err != nil { // small answers come in one piece
					b.Fatal(err)
				}
			}
		})
	}
}

// benchServer starts a server with a stream to append to and one to read, and
// returns a connection.
func benchServer(b *testing.B, message string) net.Conn {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	e := stream.New(memstore.New(nil), nil)
	for name, body := range map[string]string{"s": "", "page": message} {
		if _, _, err := e.Create(&stream.CreateRequest{Name: name, ContentType: "text/plain", TTL: stream.NoTTL, Body: []byte(body)}); err != nil {
			b.Fatal(err)
		}
	}
	h := httpapi.New(e, httpapi.Options{Names: limits.Names{MaxBytes: 64, MaxSegments: 4}})
	srv := &http.Server{Handler: h, ConnContext: h.ConnContext}
	go srv.Serve(h.Listener(l))
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close(); srv.Close(); e.Close() })
	return c
}
