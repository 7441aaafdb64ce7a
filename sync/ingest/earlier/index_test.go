package earlier_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/sync/ingest/earlier"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

var _ earlier.Source = sink.Sink(nil)

func TestIndexOfTheRealSink(t *testing.T) {
	store := memstore.New(nil)
	e := stream.New(store, nil)
	defer e.Close()
	l := sink.NewLocal(e, "p")
	defer l.Close()
	write := func(position string, hidden bool, messages ...string) {
		b := l.NewBatch()
		data := []byte(strings.Join(messages, ",") + ",")
		err := b.Append(&sink.Append{Stream: "s", Data: data, Position: position, Hidden: hidden})
		if err = errors.Join(err, b.Wait()); err != nil {
			t.Fatal(err)
		}
	}
	x := earlier.OpenMemory(l, nil)
	expect(t, x, "s", "t", "1", "")
	write("1", false, insert("t", "1", "a"), insert("t", "2", "b"))
	expect(t, x, "s", "t", "2", insert("t", "2", "b"))
	write("2", true, insert("t", "2", "hidden"))
	expect(t, x, "s", "t", "2", insert("t", "2", "hidden"))
	write("3", false, remove("t", "1"))
	if got := live(t, x, "s", "t"); got != "2" {
		t.Errorf("live keys: got %q, want 2", got)
	}
	if err := l.Delete(t.Context(), "s"); err != nil {
		t.Fatal(err)
	}
	expect(t, x, "s", "t", "2", "")
}

func TestIndexReadsOnlyWhatIsNew(t *testing.T) {
	dir, s := t.TempDir(), newServer()
	long := strings.Repeat("v", 600) // what is read again, to know the stream, is one event
	x := open(t, dir, s)
	s.append("s", insert("t", "1", long))
	expect(t, x, "s", "t", "1", insert("t", "1", long))
	s.reads = 0
	expect(t, x, "s", "t", "none", "")
	if s.reads != 0 {
		t.Errorf("a look at a stream that has not changed read it %d times", s.reads)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	s.append("s", insert("t", "2", long))
	wasted := 0
	s.wrap = func(r io.Reader) io.Reader {
		b, _ := io.ReadAll(r)
		wasted += bytes.Count(b, []byte(`"key":"1"`))
		return bytes.NewReader(b)
	}
	x = open(t, dir, s)
	s.append("s", insert("t", "3", long), insert("t", "4", long))
	expect(t, x, "s", "t", "none", "")
	s.append("s", insert("t", "5", long))
	expect(t, x, "s", "t", "none", "")
	if wasted != 1 {
		t.Errorf("the first event was read %d times more, want 1: to know the stream again", wasted)
	}
}

// TestIndexKnowsAnotherStream has streams of one length and one position.
func TestIndexKnowsAnotherStream(t *testing.T) {
	s := newServer()
	x := open(t, t.TempDir(), s)
	s.append("s", insert("t", "1", "a"), "123")
	expect(t, x, "s", "t", "1", insert("t", "1", "a"))
	data := s.streams["s"].data
	s.streams["s"].data = []byte(strings.Replace(string(data), `"key":"1"`, `"key":"2"`, 1))
	expect(t, x, "s", "t", "1", "")
	expect(t, x, "s", "t", "2", strings.Replace(insert("t", "1", "a"), `"key":"1"`, `"key":"2"`, 1))
}

// TestIndexKnowsAnotherStreamThatEndsAlike has streams that grow, and end in the same
// message at the same offset.
func TestIndexKnowsAnotherStreamThatEndsAlike(t *testing.T) {
	s := newServer()
	x := open(t, t.TempDir(), s)
	s.append("s", insert("t", "1", "a"), control("snapshot-end"))
	expect(t, x, "s", "t", "1", insert("t", "1", "a"))
	delete(s.streams, "s")
	s.append("s", insert("t", "2", "b"), control("snapshot-end"), insert("t", "3", "c"))
	expect(t, x, "s", "t", "2", insert("t", "2", "b"))
	expect(t, x, "s", "t", "1", "")
}

// TestIndexKnowsAnotherStreamByItsID has streams that differ in the key of their first
// event only, far before their end.
func TestIndexKnowsAnotherStreamByItsID(t *testing.T) {
	s := newServer()
	x := open(t, t.TempDir(), s)
	for id, key := range []string{"1", "2", "3"} {
		s.streams["s"] = &content{id: uint64(id)}
		s.append("s", insert("t", key, "a"), insert("t", "long", strings.Repeat("v", 2000)))
		s.streams["s"].position = 7
		expect(t, x, "s", "t", key, insert("t", key, "a"))
		for other := range id {
			expect(t, x, "s", "t", fmt.Sprint(other+1), "")
		}
	}
}

// picky lets nobody read but from the beginning, as if no message of a stream began
// where one of the stream before it did.
type picky struct {
	*server
	refused int
}

func (p *picky) Read(ctx context.Context, stream string, from int64) (io.ReadCloser, error) {
	if from > 0 {
		p.refused++
		return nil, errNoSuchOffset
	}
	return p.server.Read(ctx, stream, from)
}

func TestIndexOfAnOffsetThatIsNoMore(t *testing.T) {
	s := &picky{server: newServer()}
	x := open(t, t.TempDir(), s)
	long := strings.Repeat("v", 600)
	s.append("s", insert("t", "1", long), insert("t", "2", long), "123")
	expect(t, x, "s", "t", "1", insert("t", "1", long))
	delete(s.streams, "s")
	s.append("s", insert("t", "1", "again"), strings.Repeat("9", 40))
	expect(t, x, "s", "t", "1", insert("t", "1", "again"))
	if s.refused != 1 {
		t.Errorf("got %d reads behind the beginning, want 1", s.refused)
	}
}

// TestSealGoesFirst is about a crash: what it leaves need not even be read.
func TestSealGoesFirst(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		x := open(t, dir, newServer())
		if _, err := os.Stat(filepath.Join(dir, "keys.seal")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("an open index has a seal: got error %v, want that it does not exist", err)
		}
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(dir, "keys.seal")); err != nil {
			t.Errorf("a closed index has no seal: %v", err)
		}
	}
}

func TestIndexAfterDamageOfItsFile(t *testing.T) {
	for name, damage := range map[string]func(db, seal string) error{
		"a byte":       func(db, _ string) error { return flip(db, -20) },
		"a digest":     func(db, _ string) error { return flipDigest(t, db, "t", "2") },
		"the header":   func(db, _ string) error { return flip(db, 20) },
		"cut":          func(db, _ string) error { return os.Truncate(db, 5000) },
		"empty":        func(db, _ string) error { return os.Truncate(db, 0) },
		"none":         func(db, _ string) error { return os.Remove(db) },
		"no seal":      func(_, seal string) error { return os.Remove(seal) },
		"another seal": func(_, seal string) error { return flip(seal, 16) },
		"no database": func(db, seal string) error {
			const text = "weir key index 2 1 527d5351\n" // of one zero byte
			return errors.Join(os.WriteFile(db, []byte{0}, 0o600), os.WriteFile(seal, []byte(text), 0o600))
		},
	} {
		dir, s := t.TempDir(), newServer()
		s.append("s", insert("t", "1", "a"), insert("t", "2", "b"))
		x := open(t, dir, s)
		expect(t, x, "s", "t", "1", insert("t", "1", "a"))
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
		if err := damage(filepath.Join(dir, "keys.bolt"), filepath.Join(dir, "keys.seal")); err != nil {
			t.Fatal(err)
		}
		x, err := earlier.Open(dir, s, nil)
		if err != nil {
			t.Errorf("%s: open: %v", name, err)
			continue
		}
		expect(t, x, "s", "t", "2", insert("t", "2", "b"))
		if err := x.Close(); err != nil {
			t.Errorf("%s: close: %v", name, err)
		}
	}
}

// flipDigest changes what stands for a key.
func flipDigest(t *testing.T, path, typ, key string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte("\x00\x00\x00" + string(rune(len(typ))) + typ + key))
	at := bytes.Index(b, sum[:16])
	if at < 0 {
		t.Fatal("the file has no digest of the key")
	}
	return flip(path, at+15)
}

// flip changes a byte of a file, from its end if the index is negative.
func flip(path string, at int) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	b[(at+len(b))%len(b)] ^= 1
	return os.WriteFile(path, b, 0o600)
}

func TestIndexOfDamagedStreams(t *testing.T) {
	s := newServer()
	x := open(t, t.TempDir(), s)
	for stream, data := range map[string]string{"open": `{"a":`, "closed": "]],", "empty": ",,", "string": `"`} {
		s.append(stream, insert("t", "1", "a"))
		s.streams[stream].data = append(s.streams[stream].data, data...)
		for range 2 {
			if _, err := x.Lookup(t.Context(), stream, []byte("t"), []byte("1")); !errors.Is(err, earlier.ErrDamaged) {
				t.Errorf("%s: got error %v, want ErrDamaged", stream, err)
			}
		}
		s.streams[stream].data = s.streams[stream].data[:len(insert("t", "1", "a"))+1]
		expect(t, x, stream, "t", "1", insert("t", "1", "a"))
	}
}

// TestIndexOfAStreamThatChanges reads a stream of which the server first says that
// nothing has changed.
func TestIndexOfAStreamThatChanges(t *testing.T) {
	s := newServer()
	x := open(t, t.TempDir(), s)
	s.append("s", insert("t", "1", "a"), insert("t", "2", "b"))
	expect(t, x, "s", "t", "1", insert("t", "1", "a"))
	data := s.streams["s"].data
	other := strings.NewReplacer(`"key":"1"`, `"key":"2"`, `"key":"2"`, `"key":"1"`).Replace(string(data))
	s.streams["s"].data = []byte(other)
	event, _, _ := strings.Cut(other, `},{"type"`)
	expect(t, x, "s", "t", "2", event+"}")

	s.streams["s"].data = bytes.Repeat([]byte("7,"), len(data)/2)
	err := x.Live(t.Context(), "s", []byte("t"), func([]byte) error { return nil })
	if err == nil {
		t.Error("live keys at offsets without events: got no error")
	}
	s.streams["s"].data = data
	if got := live(t, x, "s", "t"); got != "1 2" {
		t.Errorf("live keys: got %q, want 1 2", got)
	}
}

func TestErrorsOfTheSource(t *testing.T) {
	s := newServer()
	x := open(t, t.TempDir(), s)
	s.append("s", insert("t", "1", "a"))
	expect(t, x, "s", "t", "1", insert("t", "1", "a"))
	s.append("s", insert("t", "2", "b"))
	s.failing = errors.New("no route")
	if _, err := x.Lookup(t.Context(), "s", []byte("t"), []byte("1")); !errors.Is(err, s.failing) {
		t.Errorf("lookup: got error %v, want that of the source", err)
	}
	s.failing = nil
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := x.Lookup(ctx, "s", []byte("t"), []byte("1")); !errors.Is(err, context.Canceled) {
		t.Errorf("lookup: got error %v, want that of the context", err)
	}
	stop := errors.New("enough")
	if err := x.Live(t.Context(), "s", []byte("t"), func([]byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("live keys: got error %v, want that of the function", err)
	}
	for range 2 {
		if err := x.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	if _, err := x.Lookup(t.Context(), "s", []byte("t"), []byte("1")); !errors.Is(err, earlier.ErrClosed) {
		t.Errorf("lookup after close: got error %v, want ErrClosed", err)
	}
}

func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, out := newServer(), &bytes.Buffer{}
		message := insert("t", "1", strings.Repeat("x", 1000))
		for range 10 * earlier.ScanBuffer / 1000 {
			s.append("s", message)
		}
		s.wrap = func(r io.Reader) io.Reader { return &slow{r} }
		log := zerolog.New(out)
		x := earlier.OpenMemory(s, &earlier.Options{Log: &log})
		ctx, cancel := context.WithTimeout(t.Context(), 13*time.Second)
		defer cancel()
		if _, err := x.Lookup(ctx, "s", []byte("t"), []byte("1")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a reading that takes too long: got error %v, want that of the context", err)
		}
		expect(t, x, "s", "t", "1", message)
		steps, ends := strings.Count(out.String(), "reading a stream"), strings.Count(out.String(), "read a stream")
		if steps < 4 || steps > 7 || ends != 1 {
			t.Errorf("got %d steps and %d ends in the log of 36 seconds, want one in 5 seconds and 1:\n%s", steps, ends, out)
		}
		expect(t, x, "s", "t", "none", "")
		if n := strings.Count(out.String(), "read a stream"); n != 1 {
			t.Errorf("a stream that is read already was logged: got %d ends, want 1", n)
		}
	})
}

// slow gives a buffer in three seconds.
type slow struct{ r io.Reader }

func (s *slow) Read(p []byte) (int, error) {
	time.Sleep(3 * time.Second)
	return s.r.Read(p)
}
