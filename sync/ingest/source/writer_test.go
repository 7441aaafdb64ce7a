package source_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// status is one report as a walsender reads it.
type status struct {
	at                  time.Duration // since the peer began
	write, flush, apply lsn.LSN
	reply               bool
}

// peer is the server's end of a connection, in a bubble of fake time.
type peer struct {
	net.Conn
	began    time.Time
	statuses chan status   // every report, in order
	copyDone chan struct{} // closed by our CopyDone
}

// converse starts a Receiver against a peer that the test plays.
func converse(t *testing.T, spec source.StartSpec) (*source.Receiver, *peer) {
	t.Helper()
	ours, theirs := net.Pipe()
	p := &peer{Conn: theirs, began: time.Now(), statuses: make(chan status, 10000), copyDone: make(chan struct{})}
	go p.listen()
	r := source.StartOn(ours, spec)
	t.Cleanup(r.Close)
	t.Cleanup(func() { theirs.Close() })
	return r, p
}

func (p *peer) listen() {
	defer close(p.statuses)
	for {
		var header [5]byte
		if _, err := io.ReadFull(p, header[:]); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(header[1:])-4)
		if _, err := io.ReadFull(p, body); err != nil {
			return
		}
		if header[0] == 'c' {
			close(p.copyDone)
			continue
		}
		number := func(at int) lsn.LSN { return lsn.LSN(binary.BigEndian.Uint64(body[at:])) }
		p.statuses <- status{time.Since(p.began), number(1), number(9), number(17), body[33] == 1}
	}
}

// send writes one CopyData message.
func (p *peer) send(t *testing.T, payload []byte) {
	t.Helper()
	if _, err := p.Write(append(source.AppendCopyData(nil, len(payload)), payload...)); err != nil {
		t.Fatal(err)
	}
}

func TestStatusOnTheTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := converse(t, source.StartSpec{From: 5, StatusInterval: time.Second})
		p.send(t, xlog(0x40, 0x40, "I"))
		want := status{time.Second, 0x40, 5, 5, true}
		if got := <-p.statuses; got != want {
			t.Errorf("first: got %+v, want %+v", got, want)
		}
		if got := <-p.statuses; got.at != 2*time.Second {
			t.Errorf("second: got %+v, want it after 2 s", got)
		}
		if got := r.Received(); got != 0x40 {
			t.Errorf("received: got %s, want 0/40", got)
		}
	})
}

func TestStatusWhenAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, p := converse(t, source.StartSpec{StatusInterval: time.Hour})
		p.send(t, keepalive(0x50, 0))
		p.send(t, keepalive(0x60, 1))
		if got, want := <-p.statuses, (status{0, 0x60, 0, 0, false}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}

// Ten thousand confirmations within a second make at most 101 reports, and the
// last position is among them without waiting for the timer.
func TestConfirmIsPaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := converse(t, source.StartSpec{StatusInterval: time.Hour})
		for i := range 10000 {
			r.Confirm(lsn.LSN(i + 1))
			time.Sleep(100 * time.Microsecond)
		}
		time.Sleep(10 * time.Millisecond)
		synctest.Wait()
		var last status
		count := len(p.statuses)
		for range count {
			next := <-p.statuses
			if next.flush < last.flush || next.apply != next.flush || next.write < next.flush {
				t.Errorf("after %+v came %+v", last, next)
			}
			last = next
		}
		if count < 90 || count > 102 {
			t.Errorf("reports in a second: got %d, want about 100", count)
		}
		if last.flush != 10000 {
			t.Errorf("last report: got %+v, want flush 10000", last)
		}
	})
}

// A consumer that does not read stops the reader but not the reports, and its
// silence is not taken for the server's.
func TestStatusGoesOnWhileStalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := converse(t, source.StartSpec{BufferBytes: 1, StatusInterval: time.Second, WalSenderTimeout: time.Second})
		go func() {
			row := xlog(1, 1, string(make([]byte, 1000)))
			message := append(source.AppendCopyData(nil, len(row)), row...)
			for range 1000 {
				if _, err := p.Write(message); err != nil {
					return
				}
			}
		}()
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := len(p.statuses); got < 59 {
			t.Errorf("reports in a minute: got %d, want one a second", got)
		}
		if got := r.Buffered(); got > 64<<10 {
			t.Errorf("buffered: got %d bytes, want the bound of small slabs", got)
		}
		for i := range 1000 {
			if f, err := r.Next(context.Background()); err != nil || len(f.Data) != 1000 {
				t.Fatalf("frame %d: got %d bytes and %v, want 1000", i, len(f.Data), err)
			}
		}
		if got := r.Buffered(); got != 0 {
			t.Errorf("buffered at the end: got %d, want 0", got)
		}
	})
}

func TestSilentServerIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := converse(t, source.StartSpec{WalSenderTimeout: 30 * time.Second})
		time.Sleep(30 * time.Second)
		p.send(t, keepalive(1, 0))
		if _, err := r.Next(context.Background()); err != nil {
			t.Fatal(err)
		}
		_, err := r.Next(context.Background())
		if !errors.Is(err, source.ErrSilent) {
			t.Fatalf("got %v, want ErrSilent", err)
		}
		if took := time.Since(p.began); took < 90*time.Second || took > 105*time.Second {
			t.Errorf("given up after %s, want soon after 90 s", took)
		}
	})
}

func TestStopSaysGoodbye(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := converse(t, source.StartSpec{StatusInterval: time.Hour})
		p.send(t, xlog(7, 7, "C"))
		r.Confirm(7)
		go func() {
			<-p.copyDone
			// What was on its way, then the end of the copy and of the command.
			p.send(t, xlog(8, 8, string(make([]byte, 300<<10))))
			p.Write([]byte{'c', 0, 0, 0, 4, 'C', 0, 0, 0, 11, 'C', 'O', 'P', 'Y', ' ', '0', 0})
		}()
		if err := r.Stop(context.Background()); err != nil {
			t.Errorf("stop: %v", err)
		}
		var last status
		for last = range p.statuses {
		}
		if last.flush != 7 {
			t.Errorf("last report: got %+v, want flush 7", last)
		}
	})
}

func TestStopIsBoundedByItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := converse(t, source.StartSpec{})
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		if err := r.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the context's end", err)
		}
	})
}

func TestNextWaitsNoLongerThanItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := converse(t, source.StartSpec{})
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if _, err := r.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the context's end", err)
		}
		p.send(t, keepalive(9, 0))
		if f, err := r.Next(context.Background()); err != nil || f.End != 9 {
			t.Errorf("after that: got %+v and %v, want the keepalive", f, err)
		}
	})
}

func TestReceiverRefusesNonsense(t *testing.T) {
	for name, message := range map[string][]byte{
		"length too small": {'d', 0, 0, 0, 3},
		"length too large": {'d', 0x7f, 0xff, 0xff, 0xff},
		"unknown message":  {'?', 0, 0, 0, 4},
		"short frame":      {'d', 0, 0, 0, 6, 'w', 0},
		"empty frame":      {'d', 0, 0, 0, 4},
	} {
		synctest.Test(t, func(t *testing.T) {
			r, p := converse(t, source.StartSpec{})
			p.send(t, keepalive(3, 0))
			p.Write(message)
			if f, err := r.Next(context.Background()); err != nil || f.End != 3 {
				t.Errorf("%s: before it: got %+v and %v", name, f, err)
			}
			if _, err := r.Next(context.Background()); !errors.Is(err, source.ErrFrame) {
				t.Errorf("%s: got %v, want ErrFrame", name, err)
			}
		})
	}
}
