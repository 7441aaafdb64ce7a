package assemble_test

import (
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
)

func logical(prefix, content string) *pgoutput.Logical {
	return &pgoutput.Logical{Transactional: true, Prefix: []byte(prefix), Content: []byte(content)}
}

// TestLogicalMessages: those for a stream are appended to it as a POST would be; what
// is not for us is left alone.
func TestLogicalMessages(t *testing.T) {
	o := defaults(t)
	var beats []string
	o.Heartbeat = func(content []byte) { beats = append(beats, string(content)) }
	r := newRig(t, o)
	loose := logical("ds:out/box", `"loose"`)
	loose.Transactional = false
	r.do(
		logical("ds:out/box", ` {"a": 1.0} `), logical("ds:out/box", `[1, [2], "x,y"]`), logical("ds:out/box", "[]"),
		logical("ds:other%2Fbox", "7"), logical("beat", "nonce"), logical("foreign", "8"), loose,
	)
	r.want("out/box", `{"a": 1.0}`, "1", "[2]", `"x,y"`)
	r.want("other%2Fbox", "7")
	if len(beats) != 1 || beats[0] != "nonce" {
		t.Errorf("heartbeats: got %q, want the one", beats)
	}
	if got, want := r.a.Counts(), (assemble.Counts{Messages: 4, Transactions: 1, Ignored: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestBadMessages: content that is no JSON and names that no stream has are bad rows.
func TestBadMessages(t *testing.T) {
	for _, test := range []struct{ prefix, content, problem string }{
		{"ds:box", "{", "JSON"},
		{"ds:box", "", "JSON"},
		{"ds:", "1", "the stream name is empty"},
		{"ds:a//b", "1", "empty"},
		{"ds:__ds/x", "1", "reserved"},
		{"ds:a/b/c/d", "1", "more than 3 segments"},
		{"ds:" + strings.Repeat("n", 101), "1", "the stream name is longer"},
		{"ds:box", `"` + strings.Repeat("x", 600) + `"`, "larger than DS_SYNC__MAX_ROW_BYTES allows"},
	} {
		o := defaults(t)
		o.MaxRowBytes, o.MaxNameSegments = 600, 3
		r := newRig(t, o)
		wantError(t, r.send(r.tx(logical(test.prefix, test.content))), test.problem)

		o.BadRow = func(assemble.BadRow) error { return nil }
		r = newRig(t, o)
		r.do(logical("ds:box", "1"), logical(test.prefix, test.content), logical("ds:box", "2"))
		r.want("box", "1", "2")
	}
}

// TestLargeKeys: events with keys above 1 KiB are stored as others are, and counted.
func TestLargeKeys(t *testing.T) {
	r := newRig(t, defaults(t))
	r.do(inserted(alone, strings.Repeat("k", 1024)), inserted(alone, strings.Repeat("k", 1025)))
	if got := r.a.Counts(); got.LargeKeys != 1 || got.Inserts != 2 {
		t.Errorf("got %+v, want one large key of two inserts", got)
	}
	if got := len(split(visible(t, r.engine, "pg/public/alone"))); got != 2 {
		t.Errorf("got %d events, want 2", got)
	}
}

// TestPlainLast: a logical message has no headers, so none is marked as the last one.
func TestPlainLast(t *testing.T) {
	o := defaults(t)
	o.Extended = true
	r := newRig(t, o)
	r.do(inserted(alone, "1"), logical("ds:pg/public/alone", "[1,2]"))
	got := split(visible(t, r.engine, "pg/public/alone"))
	if len(got) != 3 || strings.Contains(got[0], `"last"`) || got[2] != "2" {
		t.Errorf("got %q, want an event without mark, 1 and 2", got)
	}
	r.do(inserted(alone, "2"), logical("ds:pg/public/alone", "[]"))
	got = split(visible(t, r.engine, "pg/public/alone"))
	if len(got) != 4 || !strings.HasSuffix(got[3], `"last":true}}`) {
		t.Errorf("got %q, want a marked event at the end: no message is behind it", got)
	}
}
