package ingest_test

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// wire carries connections to a server, and can lose those that are open: the client
// sees them end, and the server does not.
type wire struct {
	listener net.Listener

	tasks sync.WaitGroup
	mu    sync.Mutex // guards what follows
	ends  []net.Conn // of the client
	kept  []net.Conn // of the server
	lost  bool       // the server is not told of an end
	over  bool       // nothing is carried any more
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l}
	w.tasks.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				client.Close()
				continue
			}
			w.carry(client, server)
		}
	})
	t.Cleanup(w.close)
	return w
}

func (w *wire) carry(client, server net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		client.Close()
		server.Close()
		return
	}
	w.ends, w.kept = append(w.ends, client), append(w.kept, server)
	w.tasks.Go(func() { _, _ = io.Copy(client, server) })
	w.tasks.Go(func() {
		_, _ = io.Copy(server, client)
		w.mu.Lock()
		defer w.mu.Unlock()
		if !w.lost {
			server.Close()
		}
	})
}

// close ends what is carried, for both sides.
func (w *wire) close() {
	w.listener.Close()
	w.lose()
	w.mu.Lock()
	w.over = true
	for _, server := range w.kept {
		server.Close()
	}
	w.mu.Unlock()
	w.tasks.Wait()
}

// lose ends all connections for the client alone.
func (w *wire) lose() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lost = true
	for _, client := range w.ends {
		client.Close()
	}
	w.ends = nil
}

// A connection that only this end knows to be gone holds slot and lock until
// wal_sender_timeout, a minute. With a takeover the next session ends it.
func TestTakeoverOfTheOwnConnection(t *testing.T) {
	r, log := operated(t)
	w := newWire(t, r.server.Addr())
	through, err := url.Parse(r.o.Source.URL)
	if err != nil {
		t.Fatal(err)
	}
	through.Host = w.listener.Addr().String()
	r.o.Source.URL, r.o.Takeover = through.String(), true
	r.exec(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
	r.start()
	w.lose()
	r.exec(`INSERT INTO t VALUES (1, 'after')`)
	r.wait("the row by another connection", func() bool { return r.has("after") })
	if n := log.count(`"level":"warn"`, "last connection"); n != 1 {
		t.Errorf("got %d warnings of what was ended, want 1", n)
	}
	r.stop()
}
