package httpapi_test

import (
	"strings"
	"testing"

	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/stream/httpapi"
)

const cacheable = "public, max-age=60, stale-while-revalidate=300"

// TestCacheControl is the table of section 10.1: what is settled for good may be
// kept, a tail is asked for again, anything else is not stored.
func TestCacheControl(t *testing.T) {
	s := serveStore(t, memstore.New(nil), &stream.Options{PageBytes: 4}, httpapi.Options{LongPoll: 1})
	s.must(201, "PUT", "s", "firstsecond", asText)
	tests := []struct {
		method, path, control string
		status                int
		tagged                bool
	}{
		{"GET", "s", cacheable, 200, true},
		{"GET", "s?offset=" + offset(8), "no-cache", 200, true},
		{"GET", "s?offset=" + offset(11), "no-cache", 200, true},
		{"GET", "s?offset=now", "no-store", 200, false},
		{"GET", "s?offset=-1&live=long-poll", cacheable, 200, false},
		{"GET", "s?offset=now&live=long-poll", "no-store", 204, false},
		{"GET", "s?offset=-1&live=unknown", cacheable, 200, true},
		{"HEAD", "s", "no-store", 200, true},
		{"PUT", "s", "no-store", 200, false},
		{"POST", "s", "no-store", 204, false},
		{"OPTIONS", "s", "no-store", 204, false},
		{"DELETE", "s", "no-store", 204, false},
	}
	for _, test := range tests {
		body := ""
		if test.method == "POST" {
			body = "x"
		}
		a := s.must(test.status, test.method, test.path, body, asText)
		if got := a.Header.Get("Cache-Control"); got != test.control {
			t.Errorf("%s %s: got %q, want %q", test.method, test.path, got, test.control)
		}
		if tag := a.Header.Get("ETag"); (tag != "") != test.tagged {
			t.Errorf("%s %s: got ETag %q, want one: %v", test.method, test.path, tag, test.tagged)
		}
	}
}

func TestIfNoneMatch(t *testing.T) {
	s := serve(t, httpapi.Options{})
	s.must(201, "PUT", "s", "data", asText)
	tag := s.must(200, "GET", "s", "").Header.Get("ETag")
	if !strings.HasPrefix(tag, `"`) || !strings.HasSuffix(tag, `"`) {
		t.Fatalf("ETag: got %s, want it quoted", tag)
	}
	for _, test := range []struct {
		values []string
		match  bool
	}{
		{[]string{tag}, true},
		{[]string{"W/" + tag}, true},
		{[]string{"*"}, true},
		{[]string{`"other", ` + tag}, true},
		{[]string{`"other",W/` + tag + ` , "third"`}, true},
		{[]string{`"other"`, tag}, true},
		{[]string{`"other"`}, false},
		{[]string{strings.Trim(tag, `"`)}, false},
		{[]string{tag + "x"}, false},
		{[]string{""}, false},
	} {
		var headers []string
		for _, v := range test.values {
			headers = append(headers, "If-None-Match: "+v)
		}
		a := s.do("GET", "s", "", headers...)
		if !test.match {
			if a.StatusCode != 200 || a.body != "data" {
				t.Errorf("%v: got %d %q, want the data", test.values, a.StatusCode, a.body)
			}
			continue
		}
		if a.StatusCode != 304 || a.body != "" {
			t.Errorf("%v: got %d %q, want 304 without a body", test.values, a.StatusCode, a.body)
		}
		wantHeaders(t, a, map[string]string{
			"ETag": tag, "Cache-Control": "no-cache", "Stream-Next-Offset": offset(4), "Stream-Up-To-Date": "true",
			"X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": "*",
		})
	}
}

// A tag stands for one stream, from one place to another, and its end.
func TestTagsDiffer(t *testing.T) {
	s := serve(t, httpapi.Options{})
	tags := make(map[string]string)
	note := func(what, path string) {
		t.Helper()
		tag := s.must(200, "GET", path, "").Header.Get("ETag")
		if before, taken := tags[tag]; taken || tag == "" {
			t.Errorf("ETag of %s: got %s, which is that of %s", what, tag, before)
		}
		tags[tag] = what
	}
	s.must(201, "PUT", "s", "data", asText)
	note("a stream", "s")
	note("its rest", "s?offset="+offset(2))
	note("its tail", "s?offset="+offset(4))
	s.must(204, "POST", "s", "more", asText)
	note("a longer stream", "s")
	s.must(204, "POST", "s", "", closes)
	note("a closed stream", "s")
	note("the end of a closed stream", "s?offset="+offset(8))
	s.must(204, "DELETE", "s", "")
	s.must(201, "PUT", "s", "datamore", asText, closes)
	note("another stream of the name and length", "s")
	s.must(201, "PUT", "t", "datamore", asText, closes)
	note("a stream of another name", "t")
}

// A page stays the same when more comes behind it, but it is no longer the last.
func TestTagOfAPageThatIsFollowed(t *testing.T) {
	s := serveStore(t, memstore.New(nil), &stream.Options{PageBytes: 4}, httpapi.Options{})
	s.must(201, "PUT", "s", "data", asText)
	tag := "If-None-Match: " + s.must(200, "GET", "s", "").Header.Get("ETag")
	s.must(304, "GET", "s", "", tag)
	s.must(204, "POST", "s", "more", asText)
	a := s.must(200, "GET", "s", "", tag)
	if a.body != "data" {
		t.Errorf("page that is followed: got %q, want the same bytes", a.body)
	}
	wantHeaders(t, a, map[string]string{"Stream-Up-To-Date": "", "Cache-Control": cacheable})
}

// The empty read at the tail keeps working as a question whether there is more.
func TestTailIsRevalidated(t *testing.T) {
	s := serve(t, httpapi.Options{})
	s.must(201, "PUT", "s", "data", asText)
	path := "s?offset=" + offset(4)
	tag := "If-None-Match: " + s.must(200, "GET", path, "").Header.Get("ETag")
	s.must(304, "GET", path, "", tag)
	s.must(204, "POST", "s", "!", asText)
	if a := s.must(200, "GET", path, "", tag); a.body != "!" {
		t.Errorf("tail that moved: got %q, want what was added", a.body)
	}
}
