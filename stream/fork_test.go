package stream_test

import (
	"testing"
	"time"

	"github.com/weirstreams/weir/stream"
)

// forkSources makes a text stream of two appends, a JSON stream of two, and a
// fork with an append of its own.
func forkSources(t *testing.T, e *stream.Engine) {
	create(t, e, plain("text", text))
	put(t, e, "text", "first")
	put(t, e, "text", "second")
	create(t, e, plain("json", json))
	put(t, e, "json", `[1,"a,b",{"c":[1,2]}]`) // 1,  "a,b",  {"c":[1,2]},
	put(t, e, "json", `[4,5]`)
	create(t, e, forkOf("fork", "text", 5, 3)) // firstsec
	put(t, e, "fork", "OWN")
	create(t, e, plain("empty", text))
}

func TestForkPoint(t *testing.T) {
	const jsonFirst, jsonAll = `1,"a,b",{"c":[1,2]},`, `1,"a,b",{"c":[1,2]},4,5,`
	tests := []struct {
		source  string
		at, sub int64
		want    string
		code    stream.Code
	}{
		{"text", 0, 0, "", ""},
		{"text", 0, 3, "fir", ""},
		{"text", 0, 5, "first", ""},
		{"text", 0, 6, "", stream.CodeInvalidFork}, // into the append after the next
		{"text", 5, 3, "firstsec", ""},
		{"text", 3, 2, "first", ""},
		{"text", 3, 3, "", stream.CodeInvalidFork},
		{"text", 11, 0, "firstsecond", ""},
		{"text", 11, 1, "", stream.CodeInvalidFork},
		{"text", 12, 0, "", stream.CodeInvalidFork},
		{"text", 9999999999999999, 0, "", stream.CodeInvalidFork},
		{"text", 0, 1 << 62, "", stream.CodeInvalidFork},
		{"json", 0, 0, "", ""},
		{"json", 0, 2, `1,"a,b",`, ""},
		{"json", 0, 3, jsonFirst, ""},
		{"json", 0, 4, "", stream.CodeInvalidFork},
		{"json", 2, 1, `1,"a,b",`, ""},
		{"json", 2, 3, "", stream.CodeInvalidFork},
		{"json", int64(len(jsonFirst)), 1, jsonFirst + "4,", ""},
		{"json", int64(len(jsonAll)), 0, jsonAll, ""},
		{"json", 1, 0, "", stream.CodeInvalidOffset}, // between a message and its comma
		{"json", 5, 0, "", stream.CodeInvalidOffset}, // behind a comma within a string
		{"json", 0, 1 << 62, "", stream.CodeInvalidFork},
		{"fork", 0, 2, "fi", ""},
		{"fork", 5, 3, "firstsec", ""},
		{"fork", 5, 4, "", stream.CodeInvalidFork}, // the rest of that append is not the fork's
		{"fork", 8, 2, "firstsecOW", ""},
		{"fork", 8, 4, "", stream.CodeInvalidFork},
		{"empty", 0, 0, "", ""},
		{"empty", 0, 1, "", stream.CodeInvalidFork},
		{"missing", 0, 0, "", stream.CodeSourceNotFound},
	}
	e := newEngine(t, nil)
	forkSources(t, e)
	for _, test := range tests {
		info, created, err := e.Create(forkOf("new", test.source, test.at, test.sub))
		if codeOf(err) != test.code {
			t.Errorf("fork %s at %d+%d: got %v, want %q", test.source, test.at, test.sub, err, test.code)
		}
		if !created {
			wantState(t, e, "new", stream.CodeNotFound)
			continue
		}
		if int(info.Tail) != len(test.want) {
			t.Errorf("fork %s at %d+%d: got tail %d, want %d", test.source, test.at, test.sub, info.Tail, len(test.want))
		}
		wantContents(t, e, "new", test.want)
		remove(t, e, "new")
	}
	wantNoReferences(t, e, "json", "fork", "text", "empty")
}

// wantNoReferences deletes streams, which must be gone at once: a deletion only
// hides a stream that a fork refers to.
func wantNoReferences(t *testing.T, e *stream.Engine, names ...string) {
	t.Helper()
	for _, name := range names {
		remove(t, e, name)
		wantState(t, e, name, stream.CodeNotFound)
	}
}

func TestForkRefusalsTakeNoReference(t *testing.T) {
	e := newEngine(t, &stream.Options{MaxStreamBytes: 20})
	source := plain("s", json)
	source.Body = []byte(`[1,2]`)
	create(t, e, source)
	wrongType := forkOf("f", "s", 0, 0)
	wrongType.ContentType = text
	badBody := forkOf("f", "s", 2, 0)
	badBody.Body = []byte(`[3`)
	tooLarge := forkOf("f", "s", 4, 0)
	tooLarge.Body = []byte(`"12345678901234567890"`)
	noAnchor := forkOf("f", "s", 0, 1)
	noAnchor.Fork.Offset = nil
	for _, test := range []struct {
		r    *stream.CreateRequest
		want stream.Code
	}{
		{wrongType, stream.CodeTypeMismatch}, {badBody, stream.CodeInvalidBody}, {tooLarge, stream.CodeStreamFull},
		{noAnchor, stream.CodeInvalidFork}, {forkOf("f", "s", 99, 0), stream.CodeInvalidFork},
		{forkOf("f", "s", 0, 3), stream.CodeInvalidFork}, {forkOf("f", "f", 0, 0), stream.CodeSourceNotFound},
	} {
		_, _, err := e.Create(test.r)
		wantCode(t, "fork", err, test.want)
		wantState(t, e, "f", stream.CodeNotFound)
	}
	wantNoReferences(t, e, "s")
}

func TestForkStandsAlone(t *testing.T) {
	e := newEngine(t, nil)
	create(t, e, plain("s", text))
	r := by(0, "base ")
	r.Seq = "5"
	e.Append(r)
	f := forkOf("f", "s", 5, 0)
	f.Body = []byte("body ")
	create(t, e, f)
	put(t, e, "s", "source")
	r = by(0, "fork")
	r.Name, r.Seq = "f", "1"
	if res, err := e.Append(r); err != nil || res.Duplicate {
		t.Errorf("append with the source's producer and an older Stream-Seq: got %+v, %v, want a new one", res, err)
	}
	closeStream(t, e, "s")
	put(t, e, "f", "!")
	wantContents(t, e, "s", "base source")
	wantContents(t, e, "f", "base body fork!")
	if got := contents(t, e, "f", 5); got != "body fork!" {
		t.Errorf("fork read from its beginning: got %q, want what is its own", got)
	}
	closed := create(t, e, forkOf("of-closed", "s", 3, 0))
	if closed.Closed {
		t.Error("fork of a closed stream: got it closed, want it open")
	}
}

func TestForkChain(t *testing.T) {
	e := newEngine(t, nil)
	create(t, e, plain("0", text))
	put(t, e, "0", "a")
	want := "a"
	const depth = 30
	for i := range int64(depth) {
		name, source := string(rune('0'+i+1)), string(rune('0'+i))
		create(t, e, forkOf(name, source, i+1, 0))
		put(t, e, source, "NOT SEEN")
		put(t, e, name, string(rune('b'+i%20)))
		want += string(rune('b' + i%20))
	}
	last := string(rune('0' + depth))
	wantContents(t, e, last, want)
	for pos := range int64(depth) {
		if got := contents(t, e, last, stream.Position(pos)); got != want[pos:] {
			t.Errorf("chain read from %d: got %q, want %q", pos, got, want[pos:])
		}
	}
}

// TestForkLifetime: what a fork asks for itself, else what its source has, with a
// window of its own (section 4.2).
func TestForkLifetime(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		end := time.Now().Add(20 * time.Second).Format(time.RFC3339)
		later := time.Now().Add(40 * time.Second).Format(time.RFC3339)
		e := newEngine(t, nil)
		create(t, e, plain("none", text))
		create(t, e, lasting("window", 10))
		fixed := plain("end", text)
		fixed.ExpiresAt = end
		create(t, e, fixed)
		for _, test := range []struct {
			source  string
			ttl     int64
			end     string
			wantTTL int64
			wantEnd string
		}{
			{"none", stream.NoTTL, "", stream.NoTTL, ""},
			{"none", 7, "", 7, ""},
			{"none", stream.NoTTL, later, stream.NoTTL, later},
			{"window", stream.NoTTL, "", 10, ""},
			{"window", 99999, "", 99999, ""},
			{"window", stream.NoTTL, later, stream.NoTTL, later},
			{"end", stream.NoTTL, "", stream.NoTTL, end},
			{"end", 7, "", 7, ""},
			{"end", stream.NoTTL, later, stream.NoTTL, later},
		} {
			r := forkOf("f", test.source, 0, 0)
			r.TTL, r.ExpiresAt = test.ttl, test.end
			info := create(t, e, r)
			if info.TTL != test.wantTTL || info.ExpiresAt != test.wantEnd {
				t.Errorf("fork of %s asking for %d, %q: got %d, %q, want %d, %q",
					test.source, test.ttl, test.end, info.TTL, info.ExpiresAt, test.wantTTL, test.wantEnd)
			}
			remove(t, e, "f")
		}
		time.Sleep(6 * time.Second)
		create(t, e, forkOf("f", "window", 0, 0)) // forking is no access to the source
		time.Sleep(6 * time.Second)
		wantState(t, e, "f", "")
		wantState(t, e, "window", stream.CodeGone)
	})
}
