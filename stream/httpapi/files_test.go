package httpapi_test

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/stream/httpapi"
)

// written is a server whose streams lie in files: it was opened anew after they
// were made.
func written(t *testing.T, page int64, make func(s *server)) *server {
	dir := t.TempDir()
	open := func() store.Store {
		st, err := filestore.Open(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	t.Run("write", func(t *testing.T) { make(serveStore(t, open(), nil, httpapi.Options{})) })
	return serveStore(t, open(), &stream.Options{PageBytes: page}, httpapi.Options{})
}

// lines returns a text of about n bytes no part of which is like another.
func lines(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "line %d\n", i)
	}
	return b.String()
}

func TestReadFromFiles(t *testing.T) {
	text := lines(3 << 20)
	list := `["` + strings.Repeat("long, ", 40_000) + `",` + strings.Repeat(`{"k":[1,"a,b"]},`, 20_000) + `null]`
	s := written(t, 8<<20, func(s *server) {
		s.must(201, "PUT", "octet", text)
		s.must(204, "POST", "octet", "tail", "Content-Type: application/octet-stream")
		s.must(201, "PUT", "json", list, asJSON)
		s.must(201, "PUT", "fork", "own", "Stream-Forked-From: /v1/stream/octet", "Stream-Fork-Offset: "+offset(10))
	})
	s.must(204, "POST", "octet", "fresh", "Content-Type: application/octet-stream")
	s.must(204, "POST", "json", `["fresh"]`, asJSON)
	check := func(path, want string) {
		t.Helper()
		if a := s.must(200, "GET", path, ""); a.body != want {
			t.Errorf("%s: got %d bytes, want these %d", path, len(a.body), len(want))
		}
	}
	check("octet", text+"tailfresh")
	check("octet?offset="+offset(1_000_001), text[1_000_001:]+"tailfresh")
	check("json", strings.TrimSuffix(list, "]")+`,"fresh"]`)
	check("fork", text[:10]+"own")
	a := s.must(200, "HEAD", "octet", "")
	if a.body != "" {
		t.Errorf("HEAD: got a body of %d bytes, want none", len(a.body))
	}
	// Several answers on one connection: what was sent from a file ends where it
	// was said to.
	w := s.dial()
	for range 3 {
		w.send(request("GET", "/v1/stream/json", "") + request("GET", "/v1/stream/octet?offset="+offset(5), ""))
		if a := w.answer("GET"); len(a.body) != len(list)+len(`,"fresh"`) {
			t.Errorf("JSON again: got %d bytes, want %d", len(a.body), len(list)+len(`,"fresh"`))
		}
		if a := w.answer("GET"); a.body != text[5:]+"tailfresh" {
			t.Errorf("bytes again: got %d, want %d", len(a.body), len(text)+4)
		}
	}
}

func TestPagesFromFiles(t *testing.T) {
	text := lines(100_000)
	s := written(t, 4096, func(s *server) { s.must(201, "PUT", "s", text, asText) })
	got, from := "", "-1"
	for {
		a := s.must(200, "GET", "s?offset="+from, "")
		got, from = got+a.body, a.Header.Get("Stream-Next-Offset")
		if a.Header.Get("Stream-Up-To-Date") != "" {
			break
		}
	}
	if got != text {
		t.Errorf("pages together: got %d bytes, want the %d written", len(got), len(text))
	}
}

func descriptors(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no list of open files here")
	}
	return len(entries)
}

// Every kind of read gives its files back, also when the client leaves half-way.
func TestDescriptorsAreGivenBack(t *testing.T) {
	s := written(t, 8<<20, func(s *server) {
		s.must(201, "PUT", "s", strings.Repeat("line\n", 1<<20), asText)
		s.must(201, "PUT", "json", `[1,2,3]`, asJSON)
	})
	s.must(200, "GET", "json", "")
	first := s.subscribe("json", "offset=-1") // what subscriptions share is kept open
	first.data()
	shared := descriptors(t)
	first.Close()
	waitFor(t, "both ends of the first subscription are closed", func() bool { return descriptors(t) <= shared-2 })
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which would close what was forgotten
	before := descriptors(t)
	for range 3 {
		s.must(200, "GET", "json", "")
		tag := s.must(200, "GET", "s", "").Header.Get("ETag")
		s.must(304, "GET", "s", "", "If-None-Match: "+tag)
		s.must(200, "GET", "s?offset=-1&live=long-poll", "")
		sub := s.subscribe("json", "offset=-1")
		sub.data()
		sub.Close()
		w := s.dial()
		w.send(request("GET", "/v1/stream/s", ""))
		w.head("GET") // and not the rest
		w.Close()
	}
	waitFor(t, "no more files are open than before", func() bool { return descriptors(t) <= before })
}
