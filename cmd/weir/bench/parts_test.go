package bench_test

import (
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/cmd/weir/bench"
)

func TestMessage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(bench.MinMessage, 1000).Draw(t, "size")
		seq := rapid.Int64Range(0, 1e16-1).Draw(t, "seq")
		sent := rapid.Int64Range(0, 1e16-1).Draw(t, "sent")
		message := bench.AppendMessage([]byte("before"), size, seq, sent)[len("before"):]
		if len(message) != size {
			t.Fatalf("got %d bytes, want %d", len(message), size)
		}
		gotSeq, gotSent, ok := bench.ParseMessage(message)
		if !ok || gotSeq != seq || gotSent != sent {
			t.Fatalf("got %d sent at %d, %t, want %d sent at %d", gotSeq, gotSent, ok, seq, sent)
		}
	})
}

func FuzzParseMessage(f *testing.F) {
	f.Add(bench.AppendMessage(nil, bench.MinMessage, 1, 2))
	f.Add([]byte("0000000000000001 00000000000000-2 "))
	f.Add([]byte("1 2"))
	f.Fuzz(func(t *testing.T, p []byte) {
		seq, sent, ok := bench.ParseMessage(p)
		if ok && string(bench.AppendMessage(nil, bench.MinMessage, seq, sent)) != string(p[:bench.MinMessage]) {
			t.Errorf("%q: got %d sent at %d, which is written otherwise", p, seq, sent)
		}
	})
}

// TestCount drops some messages and repeats some, and holds that so many are
// noticed, as long as the last one is not among the dropped.
func TestCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reader := bench.NewGap()
		var dropped, repeated int64
		for seq, fate := range append(rapid.SliceOfN(rapid.IntRange(0, 2), 0, 50).Draw(t, "fates"), 1) {
			for range fate { // 0, 1 or 2 deliveries
				reader.Count(int64(seq + 1))
			}
			if fate == 0 {
				dropped++
			}
			if fate == 2 {
				repeated++
			}
		}
		missed, again := reader.Found()
		if missed != dropped || again != repeated {
			t.Fatalf("got %d missed and %d repeated, want %d and %d", missed, again, dropped, repeated)
		}
	})
}

func TestPace(t *testing.T) {
	p, total := bench.NewPaced(time.Second, 100), 0
	for _, tt := range []struct {
		now    time.Duration
		behind int64
		taken  int
		lag    time.Duration
	}{
		{999 * time.Millisecond, 0, 0, 0},
		{1000 * time.Millisecond, 1, 1, 0},
		{1009 * time.Millisecond, 0, 0, 0},
		{1012 * time.Millisecond, 1, 1, 2 * time.Millisecond},
		{1045 * time.Millisecond, 3, 3, 25 * time.Millisecond}, // the one of 1020
		{2000 * time.Millisecond, 96, 96, 950 * time.Millisecond},
	} {
		behind := p.Behind(tt.now)
		due := p.TakeAll(tt.now)
		for i, at := range due {
			if want := time.Second + time.Duration(total+i)*10*time.Millisecond; at != want {
				t.Errorf("at %v: got one that counts from %v, want %v, when it was due", tt.now, at, want)
			}
		}
		taken := len(due)
		total += taken
		if behind != tt.behind || taken != tt.taken || p.Lag() != tt.lag {
			t.Errorf("at %v: got %d behind, %d taken, late by %v, want %d, %d, %v", tt.now, behind, taken, p.Lag(), tt.behind, tt.taken, tt.lag)
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "7": 7, "7B": 7, "2KiB": 2048, "3MB": 3e6, "1GiB": 1 << 30} {
		if got, err := bench.ParseSize(text); err != nil || got != want {
			t.Errorf("%s: got %d, error %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "-1", "1.5MiB", "MiB", "x", "9999999999GiB", "99999999999999999999"} {
		if got, err := bench.ParseSize(text); err == nil {
			t.Errorf("%q: got %d, want an error", text, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.Int64Range(0, 1<<50).Draw(t, "size")
		if got, err := bench.ParseSize(bench.SizeText(want)); err != nil || got != want {
			t.Fatalf("%s: got %d, error %v, want %d", bench.SizeText(want), got, err, want)
		}
	})
}

// TestAppendsAllocateNothing makes appends at a server that reads a whole request
// at a time and allocates nothing, either.
func TestAppendsAllocateNothing(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go answerAll(conn)
		}
	}()
	turn := bench.AppendLoop(t, "http://"+listener.Addr().String())
	turn(1000) // buffers grow to their size
	const appends = 1000
	if allocs := testing.AllocsPerRun(5, func() { turn(appends) }); allocs > appends/100 {
		t.Errorf("got %v allocations in %d appends, want none", allocs, appends)
	}
}

// answerAll answers what comes in one read, as it is one request.
func answerAll(conn net.Conn) {
	defer conn.Close()
	answer := []byte("HTTP/1.1 204 No Content\r\nStream-Next-Offset: 0000000000000000_0000000000000003\r\n\r\n")
	for buffer := make([]byte, 4096); ; {
		if _, err := conn.Read(buffer); err != nil {
			return
		}
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}

func TestDeliveriesAllocateNothing(t *testing.T) {
	const size = 256
	receive, delivered := bench.DeliverLoop(size)
	receive([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
	event := fmt.Appendf(nil, "event: data\ndata:%s\n\nevent: control\ndata:{\"streamNextOffset\":\"0000000000000000_0000000000000256\"}\n\n",
		bench.AppendMessage(nil, size, 1, 0))
	chunk := slices.Concat(fmt.Appendf(nil, "%x\r\n", len(event)), event, []byte("\r\n"))
	receive(chunk)
	if allocs := testing.AllocsPerRun(100, func() { receive(chunk) }); allocs != 0 || delivered() != 102 {
		t.Errorf("got %v allocations each for %d deliveries, want none for 102", allocs, delivered())
	}
}
