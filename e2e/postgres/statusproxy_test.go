package postgres_test

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
)

// statusProxy stands between the server and Postgres and notes what the server says
// that Postgres may forget.
type statusProxy struct {
	t        *testing.T
	target   string
	listener net.Listener
	running  sync.WaitGroup

	mu    sync.Mutex
	shut  bool          // guarded by mu: nobody gets through
	conns []net.Conn    // guarded by mu: those of the server that ever were
	flush uint64        // guarded by mu: the largest flush LSN that was sent
	seen  int           // guarded by mu: how many status updates were
	next  chan struct{} // guarded by mu: closed at the next new flush LSN
}

func newStatusProxy(t *testing.T) *statusProxy {
	return &statusProxy{t: t, next: make(chan struct{})}
}

// listen is the Through of a lab.
func (p *statusProxy) listen(target string) string {
	p.t.Helper()
	var err error
	if p.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		p.t.Fatal(err)
	}
	p.target = target
	p.running.Go(p.acceptAll)
	p.t.Cleanup(p.close)
	return p.listener.Addr().String()
}

func (p *statusProxy) close() {
	p.open(false)
	p.listener.Close()
	p.running.Wait()
}

// open lets connections through, or cuts those that are there and takes no others.
func (p *statusProxy) open(yes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut = !yes
	if yes {
		return
	}
	for _, conn := range p.conns {
		conn.Close()
	}
	p.conns = nil
}

// largest returns the largest flush LSN so far, of how many updates it is, and what
// is closed when there is a larger one.
func (p *statusProxy) largest() (flush uint64, updates int, next <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.flush, p.seen, p.next
}

func (p *statusProxy) acceptAll() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.serve(conn) })
	}
}

func (p *statusProxy) serve(server net.Conn) {
	defer server.Close()
	postgres, err := net.Dial("tcp", p.target)
	if err != nil || !p.admit(server, postgres) {
		return
	}
	defer postgres.Close()
	p.running.Go(func() {
		_, _ = io.Copy(server, postgres) // ends when either side does
		server.Close()
	})
	p.watch(postgres, server)
}

func (p *statusProxy) admit(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shut {
		for _, conn := range conns {
			conn.Close()
		}
		return false
	}
	p.conns = append(p.conns, conns...)
	return true
}

// watch passes on what the server sends, message by message: the first is a length
// and its content, the others begin with a byte for their kind.
func (p *statusProxy) watch(postgres io.Writer, server io.Reader) {
	var last uint64
	for kindLen := 0; ; kindLen = 1 {
		head := make([]byte, kindLen+4)
		if _, err := io.ReadFull(server, head); err != nil {
			return
		}
		length := binary.BigEndian.Uint32(head[kindLen:])
		if length < 4 || length > 64<<20 {
			p.t.Errorf("a message to Postgres: got %d bytes", length)
			return
		}
		message := append(head, make([]byte, length-4)...)
		if _, err := io.ReadFull(server, message[len(head):]); err != nil {
			return
		}
		if flush, is := flushOf(message); is {
			if flush < last {
				p.t.Errorf("flush LSN in a status update: got %X after %X, want none that is smaller", flush, last)
			}
			last = flush
			p.note(flush)
		}
		if _, err := postgres.Write(message); err != nil {
			return
		}
	}
}

// flushOf reads a status update: 'd', its length, 'r', and the LSNs, big endian, that
// were written, flushed and applied.
func flushOf(message []byte) (flush uint64, is bool) {
	const fields = 1 + 4 + 1
	if len(message) != fields+4*8+1 || message[0] != 'd' || message[5] != 'r' {
		return 0, false
	}
	return binary.BigEndian.Uint64(message[fields+8:]), true
}

// note is before the update goes on: who was told it can have killed the server
// before Postgres knows.
func (p *statusProxy) note(flush uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen++
	if flush > p.flush {
		p.flush = flush
		close(p.next)
		p.next = make(chan struct{})
	}
}
