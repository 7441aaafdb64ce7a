package e2e_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/testcerts"
	"github.com/weirstreams/weir/e2e/internal/weirtest"
	"github.com/weirstreams/weir/e2e/internal/wire"
)

// TestReplacedCertificates replaces the certificate while readers follow and a
// writer appends, with both versions of HTTP: nobody is cut off, new connections
// see the new one, and a broken replacement changes nothing.
func TestReplacedCertificates(t *testing.T) {
	t.Parallel()
	authority := testcerts.NewAuthority(t, "replaced")
	first := authority.Issue(t, "first", testcerts.Now())
	files := first.Files(t)
	client := authority.Client()
	// A reader that the server tells to come back would hide one that was cut off.
	vars := encrypted(files, env{"DS_SERVER__SSE_RECONNECT_INTERVAL_SECS": "0"})
	server := startEncrypted(t, "memory", vars, client)

	var busy []*traffic
	for _, l := range languages {
		if !l.plain {
			busy = append(busy, startTraffic(t, l.dialect(t, server, client), fmt.Sprintf("s%d", l.major)))
		}
	}
	awaitShown(t, server, client, "first")
	authority.Issue(t, "second", testcerts.Now()).Replace(t, files)
	awaitShown(t, server, client, "second")

	if err := os.WriteFile(files.Cert, first.Cert[:200], 0o600); err != nil {
		t.Fatal(err)
	}
	awaitLog(t, server, "those from before stay in use")
	awaitShown(t, server, client, "second")
	authority.Issue(t, "third", testcerts.Now()).Replace(t, files)
	awaitShown(t, server, client, "third")
	if got := strings.Count(server.Log(), "those from before stay in use"); got != 1 {
		t.Errorf("log: got %d complaints of one broken replacement, want 1", got)
	}
	for _, b := range busy {
		b.finish()
	}
}

// awaitShown dials until the server shows the certificate of the given name.
func awaitShown(t *testing.T, server *weirtest.Server, client *tls.Config, want string) {
	t.Helper()
	var got string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		conn, err := tls.Dial("tcp", server.Addr(), client)
		if err != nil {
			t.Fatalf("dial: got %v, want every connection accepted", err)
		}
		got = conn.ConnectionState().PeerCertificates[0].Subject.CommonName
		conn.Close()
		if got == want {
			return
		}
	}
	t.Fatalf("certificate shown: got %q, want %q", got, want)
}

func awaitLog(t *testing.T, server *weirtest.Server, want string) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if strings.Contains(server.Log(), want) {
			return
		}
	}
	t.Fatalf("log: got %s\nwant it to contain %q", server.Log(), want)
}

// traffic is a writer that appends without a pause and a reader that follows it,
// each on the connection that it began with.
type traffic struct {
	t      *testing.T
	stream string
	stop   context.CancelFunc
	wrote  chan int   // how many appends, once
	read   chan error // how the reader ended, once
}

// end is what the last append says.
const end = "end"

func startTraffic(t *testing.T, a api, stream string) *traffic {
	t.Helper()
	a.create(stream, plainText, "")
	live := follow(t, a, stream, "-1")
	ctx, stop := context.WithCancel(t.Context())
	b := &traffic{t: t, stream: stream, stop: stop, wrote: make(chan int, 1), read: make(chan error, 1)}
	go func() { b.wrote <- b.write(ctx, a.client) }()
	go func() { b.read <- b.followAll(live) }()
	return b
}

// write appends numbers until ctx ends, and then the end.
func (b *traffic) write(ctx context.Context, client *wire.Client) (n int) {
	for {
		line := fmt.Sprintf("%d ", n)
		if ctx.Err() != nil {
			line = end
		}
		resp, err := client.Do(context.Background(), wire.Request{
			Method: "POST", Stream: b.stream, Header: wire.Header{"Content-Type": plainText}, Body: []byte(line),
		})
		if err != nil || resp.Status != 204 {
			b.t.Errorf("%s: append %d: got status %d, error %v; want 204", b.stream, n, resp.Status, err)
		}
		if line == end || err != nil {
			return n
		}
		n++
	}
}

// followAll reads to the end and checks that every number came, in order.
func (b *traffic) followAll(live *wire.Live) error {
	var text strings.Builder
	for !strings.HasSuffix(text.String(), end) {
		batch, err := live.Next()
		if err != nil {
			return err
		}
		text.WriteString(batch.Data)
	}
	for i, field := range strings.Fields(strings.TrimSuffix(text.String(), end)) {
		if field != fmt.Sprint(i) {
			return fmt.Errorf("got %q in place %d, want every number once", field, i)
		}
	}
	return nil
}

func (b *traffic) finish() {
	b.t.Helper()
	b.stop()
	if n := <-b.wrote; n == 0 {
		b.t.Fatalf("%s: got no append, want some", b.stream)
	}
	select {
	case err := <-b.read:
		if err != nil {
			b.t.Errorf("%s: reader: got %v, want it not cut off", b.stream, err)
		}
	case <-time.After(patience):
		b.t.Errorf("%s: reader: got no end within %s, want that of the last append", b.stream, patience)
	}
}
