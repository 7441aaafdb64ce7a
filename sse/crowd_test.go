package sse_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weirstreams/weir/sse"
)

func TestCrowdGetsWhatComes(t *testing.T) {
	tp := newTape(t, sse.Options{})
	tp.add("before.")
	var all []*listener
	for i := range 20 {
		all = append(all, tp.listen(t, int64(i%2)))
	}
	for i := range 50 {
		tp.add(fmt.Sprint(i, "."))
	}
	want := ""
	for i := range 50 {
		want += fmt.Sprint(i, ".")
	}
	for i, l := range all {
		if got := strings.TrimPrefix(l.text(t, ".49."), "before."); got != want {
			t.Errorf("reader %d: got %q, want %q", i, got, want)
		}
	}
}

// The law of the whole: whoever comes when, and however slowly it reads, gets every
// text after its position, once and in order.
func TestCrowdLosesNothing(t *testing.T) {
	const texts, readers = 300, 24
	tp := newTape(t, sse.Options{KeepAlive: time.Millisecond})
	fill := strings.Repeat("x", 2_000)
	name := func(i int) string { return fmt.Sprintf("<%d>%s.", i, fill) }
	var all sync.WaitGroup
	for i := range readers {
		all.Go(func() {
			time.Sleep(rand.N(20 * time.Millisecond))
			tp.mu.Lock()
			at := min(rand.IntN(len(tp.texts)+1), texts)
			tp.mu.Unlock()
			l := tp.listen(t, int64(at), func(l *listener) { l.narrow = i%3 == 0 })
			if l.narrow {
				time.Sleep(rand.N(30 * time.Millisecond))
			}
			got := l.text(t, "end.")
			want := ""
			for ; at < texts; at++ {
				want += name(at)
			}
			if got != want+"end." {
				t.Errorf("reader %d: got %d bytes, want the %d from its position on", i, len(got), len(want)+4)
			}
			l.client.Close()
			await(t, "the connection has ended", l.over)
		})
	}
	for i := range texts {
		tp.add(name(i))
		time.Sleep(rand.N(100 * time.Microsecond))
	}
	tp.add("end.")
	all.Wait()
}

// A client that takes nothing keeps no other waiting, and gets the rest when it
// reads again.
func TestCrowdGoesOnWithoutTheSlow(t *testing.T) {
	tp := newTape(t, sse.Options{})
	slow, quick := tp.listen(t, 0, func(l *listener) { l.narrow = true }), tp.listen(t, 0)
	await(t, "the slow one is seated", slow.caught)
	big := strings.Repeat("y", 64<<10)
	for i := range 16 { // more than the kernel holds for a connection
		tp.add(fmt.Sprint(i, big, "."))
		quick.text(t, ".")
	}
	tp.add("end.")
	quick.text(t, "end.")
	want := ""
	for i := range 16 {
		want += fmt.Sprint(i, big, ".")
	}
	if got := slow.text(t, "end."); got != want+"end." {
		t.Errorf("slow reader: got %d bytes, want all %d", len(got), len(want)+4)
	}
	await(t, "the slow one is seated again", slow.caught)
	tp.add("after.")
	if got := slow.text(t, "after."); got != "after." {
		t.Errorf("slow reader afterwards: got %q, want what came", got)
	}
}

// Who has seen everything, but joins only when more has come and gone, gets it.
func TestCrowdWaitsForLatecomers(t *testing.T) {
	tp := newTape(t, sse.Options{})
	first := tp.listen(t, 0)
	await(t, "the first is seated", first.caught)
	var more sync.Once
	late := tp.listen(t, 0, func(l *listener) {
		l.taking = func() {
			more.Do(func() {
				tp.add("text.")
				first.text(t, "text.")
			})
		}
	})
	if got := late.text(t, "."); got != "text." {
		t.Errorf("latecomer: got %q, want what came", got)
	}
}

// That a client has left is noticed without anything being sent to it.
func TestCrowdNoticesWhoLeaves(t *testing.T) {
	tp := newTape(t, sse.Options{})
	for _, leave := range []func(c *net.TCPConn){
		func(c *net.TCPConn) { c.Close() },
		func(c *net.TCPConn) { c.SetLinger(0); c.Close() },
		func(c *net.TCPConn) { c.CloseWrite() },
	} {
		stays, leaves := tp.listen(t, 0), tp.listen(t, 0)
		leave(leaves.client.(*net.TCPConn))
		await(t, "the one that left is ended", leaves.over)
		select {
		case <-stays.over:
			t.Error("the one that stays: got ended too")
		default:
		}
		stays.client.Close()
		await(t, "the last has left", stays.over)
	}
}

func TestCrowdKeepsQuietConnectionsAlive(t *testing.T) {
	tp := newTape(t, sse.Options{KeepAlive: 3 * time.Millisecond})
	l := tp.listen(t, 0)
	for range 6 { // three comments
		if line, err := l.lines.ReadString('\n'); err != nil || line != ":\n" && line != "\n" {
			t.Fatalf("quiet connection: got %q, %v, want a comment", line, err)
		}
	}
	tp.add("text.")
	l.text(t, "text.")
}

// Who is there for long enough is sent away, and nobody else.
func TestCrowdEndsInTime(t *testing.T) {
	tp := newTape(t, sse.Options{})
	until := func(d time.Duration) func(*listener) {
		return func(l *listener) { l.until = time.Now().Add(d) }
	}
	forever, late := tp.listen(t, 0), tp.listen(t, 0, until(time.Hour))
	second, first := tp.listen(t, 0, until(60*time.Millisecond)), tp.listen(t, 0, until(20*time.Millisecond))
	for _, l := range []*listener{first, second} {
		if got := l.rest(t); got != "" {
			t.Errorf("reader whose time is over: got %q, want a good end", got)
		}
		await(t, "the connection has ended", l.over)
		if now := time.Now(); now.Before(l.until) {
			t.Errorf("end: got it %v before its time", l.until.Sub(now))
		}
	}
	tp.add("text.")
	forever.text(t, "text.")
	late.text(t, "text.")
}

func TestCrowdAtTheEndOfTheStream(t *testing.T) {
	tp := newTape(t, sse.Options{})
	l, own := tp.listen(t, 0), tp.listen(t, 0, func(l *listener) { l.cursor = 9 })
	tp.change(func() { tp.texts, tp.closed = append(tp.texts, "last."), true })
	for _, l := range []*listener{l, own} {
		got := l.rest(t)
		if !strings.Contains(got, "last.") || strings.Count(got, `"streamClosed":true`) != 1 {
			t.Errorf("end of the stream: got %q, want the last text and that it is closed", got)
		}
		await(t, "the connection has ended", l.over)
	}
}

func TestCrowdOfADeletedStream(t *testing.T) {
	tp := newTape(t, sse.Options{})
	a, b := tp.listen(t, 0), tp.listen(t, 0)
	tp.change(func() { tp.deleted = true })
	for _, l := range []*listener{a, b} {
		if got := l.rest(t); got != "" {
			t.Errorf("deleted stream: got %q, want a good end", got)
		}
	}
}

// A cursor of one's own is kept, and never falls behind.
func TestCrowdKeepsCursors(t *testing.T) {
	tp := newTape(t, sse.Options{})
	shared, own := tp.listen(t, 0), tp.listen(t, 0, func(l *listener) { l.cursor = 77 })
	tp.add("text.")
	for l, want := range map[*listener]string{shared: `"streamCursor":"0"`, own: `"streamCursor":"77"`} {
		l.text(t, "text.")
		l.lines.ReadString('\n') // the end of the event
		if got := l.event(t); !strings.Contains(got, want) {
			t.Errorf("cursor: got %q, want %s", got, want)
		}
	}
}

func TestDrainTellsWhereReadersStand(t *testing.T) {
	tp := newTape(t, sse.Options{})
	tp.add("text.")
	var all []*listener
	for range 5 {
		l := tp.listen(t, 0)
		l.text(t, "text.")
		await(t, "the reader is seated", l.caught)
		all = append(all, l)
	}
	tp.drain()
	for _, l := range all {
		if got := l.rest(t); !strings.Contains(got, "event: control\ndata:{\"streamNextOffset\":\"1\"") {
			t.Errorf("drained reader: got %q, want where it stands, and a good end", got)
		}
	}
}

// A client that is given up in the middle of a chunk must not take what it has for
// all, nor the end of the response for a part of it.
func TestTornChunkHasNoEnd(t *testing.T) {
	tp := newTape(t, sse.Options{})
	var got []byte
	l := tp.listen(t, 0, func(l *listener) {
		l.narrow, l.timeout = true, 20*time.Millisecond
		l.ending = func() { // the client takes all there is, so that there is room again
			l.client.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			got, _ = io.ReadAll(l.client)
			l.client.SetReadDeadline(time.Now().Add(patience))
		}
	})
	await(t, "the reader is seated", l.caught)
	tp.add(strings.Repeat("y", 1<<20))
	await(t, "the connection has ended", l.over)
	rest, err := io.ReadAll(l.client)
	if got = append(got, rest...); err != nil || len(got) == 0 || got[len(got)-1] != 'y' {
		t.Errorf("what came: got %v and %q at the end of %d bytes, want it cut off", err, got[max(0, len(got)-9):], len(got))
	}
}

// A client that takes nothing does not keep the rooms from closing for ever.
func TestCloseCutsWhoDoesNotRead(t *testing.T) {
	tp := newTape(t, sse.Options{})
	l := tp.listen(t, 0, func(l *listener) { l.narrow = true })
	await(t, "the reader is seated", l.caught)
	<-l.behind
	for range 16 {
		tp.add(strings.Repeat("y", 64<<10))
	}
	await(t, "the reader is behind", l.behind)
	tp.drain()
	within, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := tp.rooms.Close(within); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("close: got %v, want %v", err, context.DeadlineExceeded)
	}
	await(t, "the connection has ended", l.over)

	server, _ := tcp(t)
	defer server.Close()
	if err := tp.rooms.Enter(2).Seat(server, l, 0); err == nil {
		t.Error("seat in closed rooms: got one, want an error")
	}
}
