package earlier_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/earlier"
)

// TestManyKeys is about how keys are packed on disk: they come and go in waves, so
// that blocks are split, joined and removed.
func TestManyKeys(t *testing.T) {
	s, r := newServer(), rand.New(rand.NewPCG(1, 2))
	dir := t.TempDir()
	x := open(t, dir, s)
	want := map[string]map[string]string{"a": {}, "b": {}}
	for wave := range 16 {
		stream := []string{"a", "b"}[wave%2]
		deletes := []int{0, 3, 9, 10}[wave/2%4]
		var messages []string
		for range 1500 {
			key := fmt.Sprint(r.IntN(4000))
			if r.IntN(10) < deletes {
				messages = append(messages, remove("t", key))
				delete(want[stream], key)
			} else {
				messages = append(messages, insert("t", key, fmt.Sprint(wave)))
				want[stream][key] = messages[len(messages)-1]
			}
		}
		if wave/2%4 == 3 {
			for _, key := range slices.Sorted(maps.Keys(want[stream])) {
				if wave < 8 || len(want[stream]) > 100 {
					messages = append(messages, remove("t", key))
					delete(want[stream], key)
				}
			}
		}
		s.append(stream, messages...)
		checkKeys(t, x, want)
		if err := x.Flush(); err != nil {
			t.Fatal(err)
		}
		checkKeys(t, x, want)
	}
}

func checkKeys(t *testing.T, x *earlier.Index, want map[string]map[string]string) {
	t.Helper()
	for stream, events := range want {
		got := strings.Fields(live(t, x, stream, "t"))
		slices.Sort(got)
		if keys := slices.Sorted(maps.Keys(events)); !slices.Equal(got, keys) {
			t.Fatalf("%s: got %d live keys, want %d", stream, len(got), len(keys))
		}
		for n := range 40 {
			key := fmt.Sprint(n * 100)
			expect(t, x, stream, "t", key, events[key])
		}
	}
}

// TestLongMessages has messages that do not fit into what is read at once, and that
// end where it ends.
func TestLongMessages(t *testing.T) {
	s, dir := newServer(), t.TempDir()
	x := open(t, dir, s)
	frame := len(insert("t", "00", "")) + 1
	want := map[string]string{}
	for i, size := range []int{earlier.ScanBuffer - frame, 1, 3 * earlier.ScanBuffer, earlier.ScanBuffer - frame + 1, 2 << 20, 600, 1} {
		key := fmt.Sprintf("%02d", i)
		want[key] = insert("t", key, strings.Repeat("x", size))
		s.append("s", want[key])
		if i%2 == 0 {
			expect(t, x, "s", "t", key, want[key])
		}
		s.append("s", insert("other", key, strings.Repeat("y", size)), strings.Repeat("7", size))
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	x = open(t, dir, s)
	s.append("s", "7")
	for key, event := range want {
		expect(t, x, "s", "t", key, event)
	}
	if got := live(t, x, "s", "t"); got != "00 01 02 03 04 05 06" {
		t.Errorf("live keys: got %q", got)
	}
}

// manyEvents are messages of about 200 bytes, each of its own key.
func manyEvents(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `{"type":"orders","key":"%d","value":{"id":%d,"name":"customer %d","amount":"%d.50","note":null},"headers":{"operation":"insert","txid":"%d","timestamp":"2026-01-02T03:04:05.000006Z"}},`, i, i, i*7, i, i)
	}
	return b.Bytes()
}

func TestBytesPerKeyOnDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("writes a large index")
	}
	const bound = 48
	for _, c := range []struct{ keys, held int }{{200_000, 1 << 17}, {50_000, 3000}} {
		dir, s := t.TempDir(), newServer()
		s.streams["s"] = &content{data: manyEvents(c.keys)}
		x := open(t, dir, s)
		x.Shrink(c.held, 1<<20)
		expect(t, x, "s", "orders", "none", "")
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(dir, "keys.bolt"))
		if err != nil {
			t.Fatal(err)
		}
		got := float64(info.Size()) / float64(c.keys)
		t.Logf("%.1f bytes a key, %d keys written %d at a time", got, c.keys, c.held)
		if got > bound || got < 22 {
			t.Errorf("%d keys, %d at a time: got %.1f bytes a key, want 22 to %d", c.keys, c.held, got, bound)
		}
	}
}

// TestSpaceIsUsedAgain removes nearly all keys of a stream, but some of each block,
// and then streams as a whole.
func TestSpaceIsUsedAgain(t *testing.T) {
	const keys = 20_000
	s, dir := newServer(), t.TempDir()
	x := open(t, dir, s)
	size := func() int64 {
		if err := x.Flush(); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(dir, "keys.bolt"))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	s.streams["a"] = &content{data: manyEvents(keys)}
	expect(t, x, "a", "orders", "none", "")
	before := size()
	for i := range keys {
		if i%50 > 0 {
			s.append("a", remove("orders", fmt.Sprint(i)))
		}
	}
	expect(t, x, "a", "orders", "1", "")
	size()
	s.streams["b"] = &content{data: manyEvents(keys)}
	expect(t, x, "b", "orders", "none", "")
	if after := size(); after > before*5/4 {
		t.Errorf("got %d bytes, want hardly more than the %d of as many keys before", after, before)
	}
	for range 4 {
		delete(s.streams, "b")
		expect(t, x, "b", "orders", "none", "")
		s.streams["b"] = &content{data: manyEvents(keys)}
		expect(t, x, "b", "orders", "none", "")
		size()
	}
	if after := size(); after > before*2 {
		t.Errorf("got %d bytes after streams came and went, want less than twice the %d before", after, before)
	}
}

func TestLiveSkipsWhatIsFar(t *testing.T) {
	const gap = 8 << 20
	s := newServer()
	s.append("s", insert("t", "1", ""), strings.Repeat("7", gap), insert("t", "2", ""))
	x := earlier.OpenMemory(s, nil)
	expect(t, x, "s", "t", "none", "")
	read := 0
	s.wrap = func(r io.Reader) io.Reader { return &counted{r, &read} }
	if got := live(t, x, "s", "t"); got != "1 2" {
		t.Errorf("live keys: got %q, want 1 2", got)
	}
	if read > gap/4 {
		t.Errorf("got %d bytes read, want few of the %d between two events", read, gap)
	}
}

type counted struct {
	r io.Reader
	n *int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	*c.n += n
	return n, err
}

func BenchmarkScan(b *testing.B) {
	data := manyEvents(50_000)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if n, err := earlier.Scan(data, func(int, earlier.Event) {}); n != len(data) || err != nil {
			b.Fatal(n, err)
		}
	}
}

func BenchmarkCatchUp(b *testing.B) {
	for name, limit := range map[string]int{"memory": 0, "disk": 1 << 17} {
		b.Run(name, func(b *testing.B) {
			s := newServer()
			s.streams["s"] = &content{data: manyEvents(200_000)}
			b.SetBytes(int64(len(s.streams["s"].data)))
			for b.Loop() {
				x := earlier.OpenMemory(s, nil)
				if limit > 0 {
					x = open(b, b.TempDir(), s)
				}
				expect(b, x, "s", "orders", "none", "")
				if err := x.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkLookup(b *testing.B) {
	s := newServer()
	s.streams["s"] = &content{data: manyEvents(200_000)}
	x := open(b, b.TempDir(), s)
	expect(b, x, "s", "orders", "none", "")
	if err := x.Flush(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		event, err := x.Lookup(b.Context(), "s", []byte("orders"), fmt.Append(nil, i%200_000))
		if event == nil || err != nil {
			b.Fatal(err)
		}
	}
}
