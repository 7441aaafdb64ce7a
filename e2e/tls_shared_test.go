package e2e_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/testcerts"
	"github.com/weirstreams/weir/e2e/internal/wire"
)

// sharing is more readers than the 100 that HTTP/2 servers usually let share a
// connection.
const sharing = 400

// TestManyReadersShareAConnection: a proxy that speaks HTTP/2 to the server may put
// hundreds of readers on one connection, and appends of others go between them.
func TestManyReadersShareAConnection(t *testing.T) {
	server := startServer(t, "memory", nil)
	var dialled atomic.Int64
	transport := language{"plain, HTTP/2", 2, true}.transport(nil)
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled.Add(1)
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	c := wire.Over(server.URL(), transport)
	t.Cleanup(c.Close)
	a := api{t, c}
	tail := a.create("s", plainText, "x").Offset()
	readers := make([]*wire.Live, sharing)
	for i := range readers {
		readers[i] = follow(t, a, "s", tail)
	}
	a.append("s", plainText, "news")
	for i, live := range readers {
		if batch, err := live.Next(); err != nil || batch.Data != "news" {
			t.Fatalf("reader %d: got %q, error %v; want the append", i, batch.Data, err)
		}
	}
	if got := dialled.Load(); got != 1 {
		t.Errorf("got %d connections, want 1", got)
	}
}

// TestShutdownInEveryLanguage: readers get their last control event before the
// connection ends, and the server does not wait for connections that rest.
func TestShutdownInEveryLanguage(t *testing.T) {
	authority := testcerts.NewAuthority(t, "shutdown")
	files := authority.Issue(t, "weir", testcerts.Now()).Files(t)
	for _, l := range languages {
		t.Run(l.name, func(t *testing.T) {
			server := l.start(t, "memory", files, nil, authority.Client())
			a := l.dialect(t, server, authority.Client())
			tail := a.create("s", plainText, "x").Offset()
			l.dialect(t, server, authority.Client()) // rests
			live := follow(t, a, "s", tail)
			begin := time.Now()
			server.Terminate()
			checkFinalControl(t, live, tail)
			server.Wait()
			if took := time.Since(begin); took > 20*time.Second {
				t.Errorf("the server took %s to stop, want it to end live reads in time", took)
			}
		})
	}
}
