package cutproxy_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/cutproxy"
)

// answer is what the server behind the proxy says to everybody.
var answer = strings.Repeat("0123456789", 100)

func startProxy(t *testing.T, budget func(int) int64) *cutproxy.Proxy {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(server.Close)
	return cutproxy.Start(t, server.Listener.Addr().String(), budget)
}

// ask sends one request over a connection of its own and returns what arrived.
func ask(t *testing.T, p *cutproxy.Proxy) string {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	got, _ := io.ReadAll(conn)
	return string(got)
}

func TestBudgetCutsExactly(t *testing.T) {
	p := startProxy(t, func(conn int) int64 {
		return []int64{100, 200, cutproxy.NoLimit}[conn]
	})
	for _, want := range []int{100, 200} {
		if got := ask(t, p); len(got) != want {
			t.Errorf("got %d bytes, want the budget of %d", len(got), want)
		}
	}
	if got := ask(t, p); !strings.HasSuffix(got, answer) {
		t.Errorf("without a limit: got %d bytes, want the whole answer", len(got))
	}
}

func TestCutAll(t *testing.T) {
	p := startProxy(t, func(int) int64 { return cutproxy.NoLimit })
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	reader := bufio.NewReader(conn)
	resp, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatalf("before the cut: %v", err)
	}
	if got, err := io.ReadAll(resp.Body); err != nil || string(got) != answer {
		t.Fatalf("before the cut: got %d bytes (error %v), want the answer", len(got), err)
	}
	p.CutAll()
	if _, err := reader.ReadByte(); err != io.EOF {
		t.Errorf("read after the cut: got %v, want EOF", err)
	}
}

func TestUnreachableServer(t *testing.T) {
	p := cutproxy.Start(t, "127.0.0.1:1", func(int) int64 { return cutproxy.NoLimit })
	if got := ask(t, p); got != "" {
		t.Errorf("got %q, want a closed connection", got)
	}
}
