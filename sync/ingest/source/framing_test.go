package source_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/weirstreams/weir/sync/ingest/source"
)

// micros is a clock of the protocol: microseconds from the year 2000.
func micros(t time.Time) uint64 {
	return uint64(t.Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).Microseconds())
}

var noon = time.Date(2026, 2, 3, 12, 0, 0, 123456000, time.UTC)

func xlog(start, end uint64, data string) []byte {
	b := []byte{'w'}
	for _, n := range []uint64{start, end, micros(noon)} {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return append(b, data...)
}

func keepalive(end uint64, reply byte) []byte {
	b := binary.BigEndian.AppendUint64([]byte{'k'}, end)
	return append(binary.BigEndian.AppendUint64(b, micros(noon)), reply)
}

func TestParseFrame(t *testing.T) {
	f, err := source.ParseFrame(xlog(0x10, 0x20, "Insert"))
	if err != nil {
		t.Fatal(err)
	}
	if f.Kind != source.XLog || f.Start != 0x10 || f.End != 0x20 || !f.Sent.Equal(noon) || string(f.Data) != "Insert" {
		t.Errorf("XLogData: got %+v", f)
	}
	f, err = source.ParseFrame(keepalive(0x30, 1))
	if err != nil {
		t.Fatal(err)
	}
	if f.Kind != source.Keepalive || f.End != 0x30 || !f.Sent.Equal(noon) || !f.ReplyRequested || f.Data != nil {
		t.Errorf("keepalive: got %+v", f)
	}
}

func TestParseFrameRefuses(t *testing.T) {
	whole, alive := xlog(1, 1, ""), keepalive(1, 0)
	bad := [][]byte{nil, {}, {'x', 0, 0}, append(alive, 0)}
	for n := 1; n < len(whole); n++ {
		bad = append(bad, whole[:n])
	}
	for n := 1; n < len(alive); n++ {
		bad = append(bad, alive[:n])
	}
	for _, b := range bad {
		if f, err := source.ParseFrame(b); !errors.Is(err, source.ErrFrame) {
			t.Errorf("% x: got %+v and %v, want ErrFrame", b, f, err)
		}
	}
}

func TestAppendStatus(t *testing.T) {
	got := source.AppendStatus([]byte("head"), source.Status{Write: 3, Flush: 1, Apply: 2, Clock: noon, Reply: true})
	want := []byte("headr")
	for _, n := range []uint64{3, 1, 2, micros(noon)} {
		want = binary.BigEndian.AppendUint64(want, n)
	}
	if want = append(want, 1); !bytes.Equal(got, want) {
		t.Errorf("got % x\nwant % x", got, want)
	}
}

func FuzzParseFrame(f *testing.F) {
	f.Add(xlog(1, 2, "x"))
	f.Add(keepalive(3, 1))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, payload []byte) {
		frame, err := source.ParseFrame(payload)
		if err != nil {
			if !errors.Is(err, source.ErrFrame) {
				t.Fatalf("got %v, want ErrFrame", err)
			}
			return
		}
		// The encoding is unique but for the reply byte: build it anew.
		var again []byte
		switch frame.Kind {
		case source.XLog:
			again = binary.BigEndian.AppendUint64([]byte{'w'}, uint64(frame.Start))
			again = binary.BigEndian.AppendUint64(again, uint64(frame.End))
			again = append(append(again, payload[17:25]...), frame.Data...)
		case source.Keepalive:
			again = binary.BigEndian.AppendUint64([]byte{'k'}, uint64(frame.End))
			again = append(again, payload[9:]...)
		}
		if !bytes.Equal(again, payload) {
			t.Fatalf("got % x, want % x", again, payload)
		}
	})
}
