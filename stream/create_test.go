package stream_test

import (
	"strings"
	"testing"

	"github.com/weirstreams/weir/stream"
)

// TestCreateAgain: a request for a stream that exists succeeds when it asks for
// the same configuration, and then changes nothing.
func TestCreateAgain(t *testing.T) {
	const noon = "2999-01-01T12:00:00Z"
	request := func(contentType string, ttl int64, expires string, closed bool) stream.CreateRequest {
		return stream.CreateRequest{Name: "s", ContentType: contentType, TTL: ttl, ExpiresAt: expires, Closed: closed}
	}
	none := int64(stream.NoTTL)
	tests := []struct {
		name          string
		first, second stream.CreateRequest
		same          bool
	}{
		{"equal", request(text, none, "", false), request(text, none, "", false), true},
		{"default type", request("", none, "", false), request(octets, none, "", false), true},
		{"case and parameters", request("Text/Plain", none, "", false), request("text/plain; charset=utf-8", none, "", false), true},
		{"other type", request(text, none, "", false), request(json, none, "", false), false},
		{"type or default", request(text, none, "", false), request("", none, "", false), false},
		{"equal window", request(text, 3600, "", false), request(text, 3600, "", false), true},
		{"other window", request(text, 3600, "", false), request(text, 7200, "", false), false},
		{"window or none", request(text, 3600, "", false), request(text, none, "", false), false},
		{"none or window", request(text, none, "", false), request(text, 3600, "", false), false},
		{"equal end", request(text, none, noon, false), request(text, none, noon, false), true},
		{"same instant", request(text, none, noon, false), request(text, none, "2999-01-01T13:00:00.000+01:00", false), true},
		{"other end", request(text, none, noon, false), request(text, none, "2999-01-01T12:00:01Z", false), false},
		{"end or none", request(text, none, noon, false), request(text, none, "", false), false},
		{"both closed", request(text, none, "", true), request(text, none, "", true), true},
		{"closed or open", request(text, none, "", true), request(text, none, "", false), false},
		{"open or closed", request(text, none, "", false), request(text, none, "", true), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := newEngine(t, nil)
			test.first.Body = []byte(`1`)
			before := create(t, e, &test.first)
			test.second.Body = []byte(`more`)
			info, created, err := e.Create(&test.second)
			want := stream.CodeExists
			if test.same {
				want = ""
			}
			wantCode(t, "second request", err, want)
			if created || err == nil && info != before {
				t.Errorf("second request: got created %v, %+v, want the stream as it was: %+v", created, info, before)
			}
		})
	}
}

// Closure is compared as it is now, not as it was asked for.
func TestCreateAgainAfterClose(t *testing.T) {
	e := newEngine(t, nil)
	create(t, e, plain("s", text))
	closeStream(t, e, "s")
	_, _, err := e.Create(plain("s", text))
	wantCode(t, "open request for a stream closed since", err, stream.CodeExists)
	r := plain("s", text)
	r.Closed = true
	_, created, err := e.Create(r)
	if err != nil || created {
		t.Errorf("closed request for a stream closed since: got created %v, %v, want it found", created, err)
	}
}

func TestCreateWithBody(t *testing.T) {
	tests := []struct {
		contentType, body, stored string
		code                      stream.Code
	}{
		{octets, "\x00\xff", "\x00\xff", ""},
		{json, `[]`, "", ""},
		{json, ` [1, "a,]" ,{"b":[2]}] `, `1,"a,]",{"b":[2]},`, ""},
		{json, `[[1,2],[3]]`, `[1,2],[3],`, ""},
		{json, `12345678901234567890.10`, `12345678901234567890.10,`, ""},
		{"application/json; charset=utf-8", `null`, `null,`, ""},
		{json, `[1,`, "", stream.CodeInvalidBody},
		{json, ` `, "", stream.CodeInvalidBody},
	}
	for _, test := range tests {
		e := newEngine(t, nil)
		r := plain("s", test.contentType)
		r.Body, r.Closed = []byte(test.body), true
		info, _, err := e.Create(r)
		wantCode(t, "create with "+test.body, err, test.code)
		if err != nil {
			wantState(t, e, "s", stream.CodeNotFound)
			continue
		}
		if int(info.Tail) != len(test.stored) || !info.Closed || info.ContentType != test.contentType {
			t.Errorf("create with %s: got %+v, want it closed at %d", test.body, info, len(test.stored))
		}
		wantContents(t, e, "s", test.stored)
	}
}

func TestCreateRefusesBadTypes(t *testing.T) {
	e := newEngine(t, nil)
	for _, contentType := range []string{"text", "/", "text/", "a b/c", "text/plain; charset", "text/plain\r\nX: y", "text/plain;" + strings.Repeat(" ", 300)} {
		_, _, err := e.Create(plain("s", contentType))
		wantCode(t, "type "+contentType, err, stream.CodeInvalidType)
	}
	wantState(t, e, "s", stream.CodeNotFound)
}

// A name that comes back belongs to a new stream, with nothing of the old one.
func TestNameIsReusedClean(t *testing.T) {
	e := newEngine(t, nil)
	old := create(t, e, plain("s", text))
	r := by(0, "old")
	r.Seq, r.Close = "9", true
	e.Append(r)
	remove(t, e, "s")
	info := create(t, e, plain("s", text))
	if info.Tail != 0 || info.Closed || info.ID == old.ID {
		t.Errorf("got %+v, want an empty open stream that is not %d", info, old.ID)
	}
	r = by(0, "new")
	r.Seq = "1"
	if res, err := e.Append(r); err != nil || res.Duplicate {
		t.Errorf("append: got %+v, %v, want a new one", res, err)
	}
	wantContents(t, e, "s", "new")
}

func TestCountLimit(t *testing.T) {
	e := newEngine(t, &stream.Options{MaxStreams: 2})
	create(t, e, plain("a", text))
	create(t, e, plain("b", text))
	_, _, err := e.Create(plain("c", text))
	wantCode(t, "third of two streams", err, stream.CodeTooManyStreams)
	_, _, err = e.Create(plain("b", text))
	wantCode(t, "second asked for again", err, "")
	_, _, err = e.Create(forkOf("c", "a", 0, 0))
	wantCode(t, "fork as the third", err, stream.CodeTooManyStreams)
	remove(t, e, "a")
	wantState(t, e, "a", stream.CodeNotFound) // the refused fork holds nothing
	create(t, e, plain("c", text))
}
