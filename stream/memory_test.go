package stream_test

import (
	"mime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/stream"
)

// TestNewStreamsLeaveMemory: of many streams that are created and not used, not all
// stay in memory, but all are there when somebody asks.
func TestNewStreamsLeaveMemory(t *testing.T) {
	const many, few = 70_000, 64 * 1024
	e := newEngine(t, nil)
	names := streamNames(many)
	for _, name := range names {
		create(t, e, plain(name, octets))
	}
	if st, active := e.Stats(); st.Streams != many || active > few {
		t.Errorf("after %d creations: got %d stored and %d in memory, want all and at most %d",
			many, st.Streams, active, few)
	}
	_, before := e.Stats()
	for _, name := range names[many-1000:] {
		put(t, e, name, "x")
	}
	// In use, more may stay.
	if _, active := e.Stats(); active <= before {
		t.Errorf("after appends to the last 1,000: got %d in memory, want more than %d", active, before)
	}
}

// TestCreateAgainComesFirst: one who repeats a creation is told that it is done,
// also where it could not be done now, and whether or not it is in memory.
func TestCreateAgainComesFirst(t *testing.T) {
	st := newSlowStore()
	e := stream.New(st, &stream.Options{MaxStreams: 1, MaxStreamBytes: 4})
	create(t, e, plain("s", json))
	for range 2 {
		for _, body := range []string{"[1]", "[1,", "[123456789]"} {
			r := plain("s", json)
			r.Body = []byte(body)
			if _, created, err := e.Create(r); created || err != nil {
				t.Errorf("again with %s: got created %v, %v, want it found", body, created, err)
			}
		}
		r := plain("s", text)
		r.Body = []byte("too long")
		_, _, err := e.Create(r)
		wantCode(t, "another type", err, stream.CodeExists)
		e.Close()
		e = stream.New(st, &stream.Options{MaxStreams: 1, MaxStreamBytes: 4})
	}
	e.Close()
}

// TestContentTypesAreMediaTypes: the short way takes no type that the library does
// not.
func TestContentTypesAreMediaTypes(t *testing.T) {
	e := newEngine(t, nil)
	word := rapid.StringMatching(`[a-z0-9A-Z.+\-/; ="_]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		contentType := word.Draw(t, "type") + "/" + word.Draw(t, "subtype")
		parsed, _, err := mime.ParseMediaType(contentType)
		want := err == nil && strings.Contains(parsed, "/")
		_, created, err := e.Create(plain("s", contentType))
		if created {
			remove(t, e, "s")
		}
		if created != want {
			t.Fatalf("a stream of type %q: got created %v, %v, want %v", contentType, created, err, want)
		}
	})
}
