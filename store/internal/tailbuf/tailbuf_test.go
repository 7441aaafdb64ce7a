package tailbuf_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/store/internal/tailbuf"
)

// model is a buffer that keeps everything, and the slices that were handed out.
type model struct {
	base   int64
	bytes  []byte
	ends   []int64
	handed []handed
}

type handed struct {
	from int64
	got  []byte
	want []byte
}

func (m *model) end() int64 { return m.base + int64(len(m.bytes)) }

// TestModel compares a buffer with all the bytes that ever went in.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.SampledFrom([]int64{0, 1, 5000}).Draw(t, "base")
		b, m := tailbuf.At(base), &model{base: base}
		sizes := rapid.OneOf(rapid.IntRange(0, 40), rapid.IntRange(500, 520), rapid.IntRange(60<<10, 70<<10))
		next := byte(0)
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				next++
				p := bytes.Repeat([]byte{next}, sizes.Draw(t, "size"))
				own := b.Append(p)
				if !bytes.Equal(own, p) {
					t.Fatalf("copy of an append: got %d bytes, want the %d given", len(own), len(p))
				}
				m.bytes = append(m.bytes, p...)
				if len(p) > 0 {
					m.ends = append(m.ends, m.end())
				}
				clear(p)
			},
			"drop": func(t *rapid.T) { b.Drop(rapid.Int64Range(base, m.end()).Draw(t, "to")) },
			"cut": func(t *rapid.T) {
				cuts := append([]int64{b.Start()}, m.ends...)
				cuts = slices.DeleteFunc(cuts, func(e int64) bool { return e < b.Start() })
				m.cut(&b, rapid.SampledFrom(cuts).Draw(t, "at"))
			},
			"slices": func(t *rapid.T) {
				from := rapid.Int64Range(b.Start(), b.End()).Draw(t, "from")
				m.hand(&b, from, rapid.Int64Range(from, b.End()).Draw(t, "to"))
			},
			"": func(t *rapid.T) {
				if err := m.check(&b); err != nil {
					t.Fatalf("%v", err)
				}
			},
		})
	})
}

// cut takes bytes back; nobody may look at those any more.
func (m *model) cut(b *tailbuf.Buffer, at int64) {
	b.Cut(at)
	m.bytes = m.bytes[:at-m.base]
	m.ends = slices.DeleteFunc(m.ends, func(e int64) bool { return e > at })
	m.handed = slices.DeleteFunc(m.handed, func(h handed) bool { return h.from+int64(len(h.got)) > at })
}

func (m *model) hand(b *tailbuf.Buffer, from, to int64) {
	for _, s := range b.Slices(from, to) {
		m.handed = append(m.handed, handed{from, s, slices.Clone(m.bytes[from-m.base:][:len(s)])})
		from += int64(len(s))
	}
}

func (m *model) check(b *tailbuf.Buffer) error {
	if b.End() != m.end() || b.Start() < m.base || b.Start() > b.End() {
		return fmt.Errorf("got start %d and end %d, want end %d", b.Start(), b.End(), m.end())
	}
	got := slices.Concat(b.Slices(b.Start(), b.End())...)
	if want := m.bytes[b.Start()-m.base:]; !bytes.Equal(got, want) {
		return fmt.Errorf("content from %d: got %d bytes, want %d others", b.Start(), len(got), len(want))
	}
	if held := b.Held(); held < int64(len(got)) || len(got) == 0 && b.Start() == b.End() && held != 0 && len(m.bytes) == 0 {
		return fmt.Errorf("held: got %d for %d bytes", held, len(got))
	}
	for _, h := range m.handed {
		if !bytes.Equal(h.got, h.want) {
			return fmt.Errorf("a slice handed out for position %d has changed", h.from)
		}
	}
	return m.checkAppends(b)
}

// checkAppends compares bounds and ends of the appends that are held whole.
func (m *model) checkAppends(b *tailbuf.Buffer) error {
	start := m.base
	for _, end := range m.ends {
		if start >= b.Start() {
			for _, pos := range []int64{start, end - 1} {
				if s, e := b.AppendAt(pos); s != start || e != end {
					return fmt.Errorf("append at %d: got %d to %d, want %d to %d", pos, s, e, start, end)
				}
			}
			var got []int64
			b.Ends(start, b.End(), func(e int64) { got = append(got, e) })
			if want := m.ends[slices.Index(m.ends, end):]; !slices.Equal(got, want) {
				return fmt.Errorf("ends after %d: got %v, want %v", start, got, want)
			}
			b.Ends(b.Start(), end-1, func(e int64) {
				if e >= end {
					got = nil
				}
			})
			if got == nil {
				return fmt.Errorf("ends before %d: got one at or behind it", end)
			}
		}
		start = end
	}
	return nil
}

// TestHeld: the memory is given back when all is dropped or cut.
func TestHeld(t *testing.T) {
	var b tailbuf.Buffer
	for range 100 {
		b.Append(make([]byte, 1000))
	}
	if got := b.Held(); got < 100_000 || got > 300_000 {
		t.Errorf("held with 100000 bytes: got %d", got)
	}
	b.Drop(99_999)
	if got := b.Held(); got > 64<<10 {
		t.Errorf("held after dropping all but the last chunk: got %d, want at most %d", got, 64<<10)
	}
	b.Drop(100_000)
	if got := b.Held(); got != 0 {
		t.Errorf("held after dropping all: got %d, want 0", got)
	}
	b.Append(make([]byte, 10))
	b.Cut(100_000)
	if got := b.Held(); got != 0 {
		t.Errorf("held after cutting all: got %d, want 0", got)
	}
}

// TestHeldByOneThatIsWrittenBehind: a stream that grows for ever and keeps little takes
// little: its chunks grow with what it holds, and not with what it once held.
func TestHeldByOneThatIsWrittenBehind(t *testing.T) {
	var b tailbuf.Buffer
	for range 200 {
		for range 10 {
			b.Append(make([]byte, 300))
		}
		b.Drop(b.End() - 300)
	}
	if got := b.Held(); got > 4_000 {
		t.Errorf("held with 300 bytes to keep of every 3000: got %d, want at most 4000", got)
	}
}

// TestSmall: a buffer takes as little as its content allows.
func TestSmall(t *testing.T) {
	for size, most := range map[int]int64{
		1: 128, 100: 128, 256: 256, 300: 320, 16 << 10: 16 << 10, 64 << 10: 64 << 10, 100_000: 100_000,
	} {
		b := tailbuf.At(7)
		if got := b.Held(); got != 0 {
			t.Errorf("held by an empty buffer: got %d, want 0", got)
		}
		b.Append(make([]byte, size))
		if got := b.Held(); got > most {
			t.Errorf("held for one append of %d bytes: got %d, want at most %d", size, got, most)
		}
	}
}

// TestSlicesHaveNoRoom: whoever appends to a slice that was handed out must not
// write into the buffer.
func TestSlicesHaveNoRoom(t *testing.T) {
	var b tailbuf.Buffer
	own := b.Append([]byte("abc"))
	s := b.Slices(0, 2)[0]
	_, _ = append(own, 'X'), append(s, 'X')
	b.Append([]byte("def"))
	if got := string(b.Slices(0, 6)[0]); got != "abcdef" {
		t.Errorf("content: got %q, want %q", got, "abcdef")
	}
}
