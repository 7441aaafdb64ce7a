package sse_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weirstreams/weir/sse"
)

// patience bounds every wait for something that must come.
const patience = 10 * time.Second

// tape is a stream for tests: texts that are added at its end.
type tape struct {
	rooms *sse.Rooms
	drain context.CancelFunc
	// seating waits for readers to let go of their seats for the first time.
	seating sync.WaitGroup

	mu      sync.Mutex // guards what follows
	texts   []string   // a position is an index
	closed  bool
	deleted bool
	changed chan struct{}
}

func newTape(t *testing.T, o sse.Options) *tape {
	ctx, cancel := context.WithCancel(context.Background())
	if o.KeepAlive == 0 {
		o.KeepAlive = time.Hour
	}
	o.Draining = ctx.Done()
	tp := &tape{rooms: sse.NewRooms(o), drain: cancel, changed: make(chan struct{})}
	t.Cleanup(func() {
		cancel()
		tp.seating.Wait()
		within, stop := context.WithTimeout(context.Background(), patience)
		defer stop()
		if err := tp.rooms.Close(within); err != nil {
			t.Errorf("close of the rooms: %v", err)
		}
	})
	return tp
}

// change does something to the tape and wakes whoever waits.
func (tp *tape) change(f func()) {
	tp.mu.Lock()
	defer tp.mu.Unlock()
	f()
	close(tp.changed)
	tp.changed = make(chan struct{})
}

func (tp *tape) add(text string) { tp.change(func() { tp.texts = append(tp.texts, text) }) }

var errDeleted = errors.New("deleted")

// batch returns what follows a position, a page of at most three texts at a time.
func (tp *tape) batch(room *sse.Room, at, cursor int64, always bool) (*sse.Batch, error) {
	tp.mu.Lock()
	defer tp.mu.Unlock()
	if tp.deleted {
		return nil, errDeleted
	}
	tail := int64(len(tp.texts))
	to := min(at+3, tail)
	k := sse.Key{From: at, To: to, UpToDate: to == tail, Cursor: cursor}
	k.Closed = tp.closed && k.UpToDate
	if at == to && !k.Closed && !always {
		return nil, nil
	}
	text := strings.Join(tp.texts[at:to], "")
	return room.Batch(k, func(dst []byte) ([]byte, string, error) {
		next := strconv.FormatInt(to, 10)
		if text == "" {
			return dst, next, nil
		}
		return sse.AppendEvent(dst, sse.Text, next, []byte(text)), next, nil
	})
}

// tapeFeed is the feed of the tape's room.
type tapeFeed struct {
	*tape
	room *sse.Room
	at   int64
}

func (f *tapeFeed) Changed() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.changed
}

func (f *tapeFeed) Next() (*sse.Batch, error) {
	b, err := f.batch(f.room, f.at, 0, false)
	if b != nil {
		f.at = b.To
	}
	return b, err
}

func (f *tapeFeed) Last() (*sse.Batch, error) {
	return f.room.Batch(sse.Key{From: f.at, To: f.at, UpToDate: true}, func(dst []byte) ([]byte, string, error) {
		return dst, strconv.FormatInt(f.at, 10), nil
	})
}

func (f *tapeFeed) Close() {}

// listener is one reader of the tape, with the client's end of its connection.
type listener struct {
	tape           *tape
	room           *sse.Room
	until          time.Time
	cursor         int64
	narrow         bool          // the kernel holds little for the client
	taking, ending func()        // called before the seat is left to the room, or ended
	timeout        time.Duration // of writes

	client net.Conn
	lines  *bufio.Reader
	behind chan struct{} // has something each time the reader has to catch up
	caught chan struct{} // has something each time the reader has caught up
	over   chan struct{} // closed when the connection has ended
}

// listen seats a reader at a position.
func (tp *tape) listen(t *testing.T, at int64, set ...func(*listener)) *listener {
	t.Helper()
	l := &listener{tape: tp, room: tp.rooms.Enter(1), over: make(chan struct{})}
	l.timeout, l.taking, l.ending = patience, func() {}, func() {}
	l.behind, l.caught = make(chan struct{}, 1000), make(chan struct{}, 1000)
	for _, f := range set {
		f(l)
	}
	server, client := tcp(t)
	if l.narrow {
		server.SetWriteBuffer(4 << 10)
		client.SetReadBuffer(64 << 10)
	}
	client.SetDeadline(time.Now().Add(patience))
	l.client, l.lines = client, bufio.NewReader(httputil.NewChunkedReader(client))
	tp.seating.Go(func() {
		if err := l.room.Seat(server, l, at); err != nil {
			t.Errorf("seat: %v", err)
		}
	})
	return l
}

// tcp returns the two ends of a connection.
func tcp(t *testing.T) (server *net.TCPConn, client *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	s, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return s.(*net.TCPConn), c.(*net.TCPConn)
}

// CatchUp implements sse.Reader.
func (l *listener) CatchUp(s *sse.Seat, rest []byte) {
	s.Cursor, s.Term.Until = max(s.Cursor, l.cursor), l.until
	l.behind <- struct{}{}
	err := s.Write(rest, l.timeout)
	for err == nil && !s.Gone() {
		var b *sse.Batch
		if b, err = l.tape.batch(l.room, s.At, 0, false); err != nil {
			break
		}
		if b != nil {
			if err = s.Send(b, l.timeout); err != nil || b.Closed {
				break
			}
			s.At = b.To
			continue
		}
		at := s.At
		l.taking()
		if l.room.Take(s, func() sse.Feed { return &tapeFeed{tape: l.tape, room: l.room, at: at} }) {
			l.caught <- struct{}{}
			return
		}
		break // the client has left, or the rooms close
	}
	l.ending()
	s.End()
}

// Over implements sse.Reader.
func (l *listener) Over() {
	l.tape.rooms.Leave(1)
	close(l.over)
}

// text returns the texts of data events up to and with one that ends in end.
func (l *listener) text(t *testing.T, end string) string {
	t.Helper()
	var all string
	for !strings.HasSuffix(all, end) {
		line, err := l.lines.ReadString('\n')
		if err != nil {
			t.Fatalf("read after %d bytes: %v, want more up to %q", len(all), err, end)
		}
		if s, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "data:"); ok && !strings.HasPrefix(s, "{") {
			all += s
		}
	}
	return all
}

// event returns the lines of the next event.
func (l *listener) event(t *testing.T) string {
	t.Helper()
	for all := ""; ; {
		line, err := l.lines.ReadString('\n')
		if err != nil {
			t.Fatalf("read of an event: %v", err)
		}
		if line == "\n" {
			return all
		}
		all += line
	}
}

// rest returns everything up to the end of the response, which must be a good one.
func (l *listener) rest(t *testing.T) string {
	t.Helper()
	b, err := io.ReadAll(l.lines)
	if err != nil {
		t.Errorf("end of the response: got %v, want a good one", err)
	}
	return string(b)
}

func await(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatalf("waited in vain until %s", what)
	}
}
