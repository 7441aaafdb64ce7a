package client_test

import (
	"bytes"
	"context"
	"io"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/weirstreams/weir/cmd/weir/client"
	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/stream/httpapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newServer starts a server with small pages and returns the URL of its streams.
func newServer(t testing.TB) string {
	t.Helper()
	engine := stream.New(memstore.New(nil), &stream.Options{PageBytes: 1 << 10})
	handler := httpapi.New(engine, httpapi.Options{MaxAppendBytes: 1 << 20})
	srv := httptest.NewUnstartedServer(handler)
	srv.Config.ConnContext = handler.ConnContext
	srv.Listener = handler.Listener(srv.Listener)
	srv.Start()
	t.Cleanup(func() {
		handler.Drain(0)
		srv.CloseClientConnections()
		srv.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := handler.Close(ctx); err != nil {
			t.Errorf("close handler: got %v, want no error", err)
		}
		engine.Close()
	})
	return srv.URL + "/v1/stream"
}

// outcome is what a command did.
type outcome struct {
	status         int
	stdout, stderr string
	pauses         []time.Duration
}

// weir runs a command against the server at base, without pauses between attempts.
func weir(ctx context.Context, base, stdin, name string, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	var o outcome
	o.status = runTo(ctx, &stdout, &stderr, &o, base, strings.NewReader(stdin), name, args...)
	o.stdout, o.stderr = stdout.String(), stderr.String()
	return o
}

func runTo(ctx context.Context, stdout, stderr io.Writer, o *outcome, base string, stdin io.Reader, name string, args ...string) int {
	env := client.Env{
		Stdin: stdin, Stdout: stdout, Stderr: stderr,
		Streams: func() (string, error) { return base, nil },
		Admin:   func() (string, string, error) { return base, "", nil },
	}
	return client.Run(ctx, name, args, env.Paused(func(d time.Duration) { o.pauses = append(o.pauses, d) }))
}

// good runs a command that has to succeed and returns what it printed.
func good(t failer, base, stdin, name string, args ...string) string {
	t.Helper()
	o := weir(context.Background(), base, stdin, name, args...)
	if o.status != client.OK || o.stderr != "" {
		t.Fatalf("weir %s %q: got status %d and %q, want 0 and no complaint", name, args, o.status, o.stderr)
	}
	return o.stdout
}

// failer is what tests and checks of laws have in common.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// pieces is a buffer that one goroutine writes to and another waits on.
type pieces struct {
	mu   sync.Mutex
	more *sync.Cond
	b    strings.Builder
}

func newPieces() *pieces {
	p := &pieces{}
	p.more = sync.NewCond(&p.mu)
	return p
}

func (p *pieces) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.more.Broadcast()
	return p.b.Write(b)
}

// waitFor returns when the buffer ends in so much.
func (p *pieces) waitFor(end string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !strings.HasSuffix(p.b.String(), end) {
		p.more.Wait()
	}
}

func (p *pieces) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.String()
}
