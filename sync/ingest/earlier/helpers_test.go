package earlier_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/weirstreams/weir/sync/ingest/earlier"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

// server is a Source in memory.
type server struct {
	streams map[string]*content
	appends int   // since the server began; positions, as in Postgres, never come again
	reads   int   // calls of Read
	failing error // of all calls
	// wrap is around all that is read, if it is set.
	wrap func(io.Reader) io.Reader
}

type content struct {
	data     []byte
	position int
	id       uint64
}

var errNoSuchOffset = errors.New("no such offset")

func newServer() *server { return &server{streams: make(map[string]*content)} }

func (s *server) State(_ context.Context, stream string) (sink.State, error) {
	c := s.streams[stream]
	if c == nil {
		return sink.State{}, s.failing
	}
	return sink.State{Exists: true, ID: c.id, Position: fmt.Sprint(c.position), Tail: int64(len(c.data))}, s.failing
}

func (s *server) Read(_ context.Context, stream string, from int64) (io.ReadCloser, error) {
	s.reads++
	c := s.streams[stream]
	if s.failing != nil {
		return nil, s.failing
	}
	if c == nil || from < 0 || from > int64(len(c.data)) {
		return nil, errNoSuchOffset
	}
	var r io.Reader = bytes.NewReader(c.data[from:])
	if s.wrap != nil {
		r = s.wrap(r)
	}
	return io.NopCloser(r), nil
}

func (s *server) append(stream string, messages ...string) {
	c := s.streams[stream]
	if c == nil {
		c = &content{}
		s.streams[stream] = c
	}
	for _, m := range messages {
		c.data = append(append(c.data, m...), ',')
	}
	s.appends++
	c.position = s.appends
}

// Events in the form in which the ingester writes them.

func put(op, typ, key, value string) string {
	return fmt.Sprintf(`{"type":%q,"key":%q,"value":{"id":%q,"v":%q},"headers":{"operation":%q,"txid":"7","timestamp":"2026-01-02T03:04:05.000006Z"}}`, typ, key, key, value, op)
}

func insert(typ, key, value string) string { return put("insert", typ, key, value) }

func remove(typ, key string) string {
	return fmt.Sprintf(`{"type":%q,"key":%q,"headers":{"operation":"delete"}}`, typ, key)
}

func control(what string) string { return fmt.Sprintf(`{"headers":{"control":%q}}`, what) }

func open(t testing.TB, dir string, source earlier.Source) *earlier.Index {
	t.Helper()
	x, err := earlier.Open(dir, source, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x
}

// failer is what the tests of this package need of a test, of a law also.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// expect checks what an index says of a key: an event, or "" for none.
func expect(t failer, x *earlier.Index, stream, typ, key, want string) {
	t.Helper()
	got, err := x.Lookup(context.Background(), stream, []byte(typ), []byte(key))
	if err != nil {
		t.Fatalf("%s %s/%s: %v", stream, typ, key, err)
	}
	if string(got) != want {
		t.Fatalf("%s %s/%s: got %q, want %q", stream, typ, key, got, want)
	}
}

func live(t failer, x *earlier.Index, stream, typ string) string {
	t.Helper()
	var keys []string
	err := x.Live(context.Background(), stream, []byte(typ), func(key []byte) error {
		keys = append(keys, string(key))
		return nil
	})
	if err != nil {
		t.Fatalf("live keys of %s %s: %v", stream, typ, err)
	}
	return strings.Join(keys, " ")
}

func halved(r io.Reader) io.Reader { return iotest.HalfReader(r) }
