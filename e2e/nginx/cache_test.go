package nginx_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/wire"
)

const (
	pageBytes = 4096
	// crowd is how many read one URL at once.
	crowd = 100
	// fresh is how long the server lets a page be kept without asking.
	fresh = 60 * time.Second
)

// cachedStage has a server with small pages, so that a small stream has full ones.
func cachedStage(t *testing.T) (stage, *recorder) {
	t.Helper()
	return newRecordedStage(t, env{"DS_SERVER__PAGE_BYTES": fmt.Sprint(pageBytes)})
}

// twoPages is what a stream holds of which the first page is full.
var twoPages = strings.Repeat("0123456789abcdef", pageBytes/16+10)

// cached returns what nginx says of its cache; "" means that it was not asked.
func cached(r wire.Response) string {
	return r.Header.Get("X-Cache-Status")
}

// TestFullPageIsKept wants the second reader of a page to be answered by nginx, by
// the same bytes and headers, and a page from elsewhere to be another page.
func TestFullPageIsKept(t *testing.T) {
	t.Parallel()
	s, seen := cachedStage(t)
	c1, c2 := s.client(http1), s.client(http2)
	s.create(c1, "kept", plainText, twoPages)
	first := s.get(http.StatusOK, c1, "kept?offset=-1", nil)
	second := s.get(http.StatusOK, c2, "kept?offset=-1", nil)
	if cached(first) != "MISS" || cached(second) != "HIT" {
		t.Errorf("got %s, then %s, want MISS, then HIT", cached(first), cached(second))
	}
	if got := len(seen.of(http.MethodGet, "/v1/stream/kept?offset=-1")); got != 1 {
		t.Errorf("got %d requests at the server, want 1", got)
	}
	if string(second.Body) != twoPages[:pageBytes] {
		t.Errorf("from the cache: got %d bytes %.40q, want the page", len(second.Body), second.Body)
	}
	for _, name := range []string{"Stream-Next-Offset", "ETag", "Cache-Control", "Content-Type", "Access-Control-Allow-Origin"} {
		wantHeader(t, "from the cache", second, name, first.Header.Get(name))
	}
	rest := s.get(http.StatusOK, c1, "kept?offset="+first.Offset(), nil)
	if cached(rest) != "MISS" || string(rest.Body) != twoPages[pageBytes:] {
		t.Errorf("the next page: got %s and %d bytes, want MISS and %d", cached(rest), len(rest.Body), len(twoPages)-pageBytes)
	}
	known := s.get(http.StatusNotModified, c1, "kept?offset=-1", wire.Header{"If-None-Match": first.Header.Get("ETag")})
	wantHeader(t, "asked by its tag", known, "Stream-Next-Offset", first.Offset())
}

// TestOneAsksForAll lets a crowd read a page that is not there yet: the server
// sends it once. It runs alone, as the crowd waits for a fifth of a second and no
// longer; a machine that was busy meanwhile is given another page to try.
func TestOneAsksForAll(t *testing.T) {
	s, seen := cachedStage(t)
	c := s.client(http1)
	asked := 0
	for try := range 5 {
		stream := fmt.Sprintf("wanted-%d", try)
		s.create(c, stream, plainText, twoPages)
		readTogether(s, stream, twoPages[:pageBytes])
		if asked = len(seen.of(http.MethodGet, "/v1/stream/"+stream)); asked == 1 {
			return
		}
		t.Logf("%d requests at the server", asked)
	}
	t.Errorf("got %d requests at the server for %d readers, want 1", asked, crowd)
}

// TestCrowdAtTheTail lets a crowd read what must not be kept. They wait for each
// other for a moment, and not one behind the other.
func TestCrowdAtTheTail(t *testing.T) {
	t.Parallel()
	s, seen := cachedStage(t)
	s.create(s.client(http1), "short", plainText, "text")
	begin := time.Now()
	readTogether(s, "short", "text")
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("got %s for %d readers, want them served together", took, crowd)
	}
	if got := len(seen.of(http.MethodGet, "/v1/stream/short")); got != crowd {
		t.Errorf("got %d requests at the server, want all %d: nothing may be kept", got, crowd)
	}
}

// readTogether lets a crowd, half of it by HTTP/2, read one URL at once.
func readTogether(s stage, url, want string) {
	s.t.Helper()
	clients := map[string]*wire.Client{http1: s.client(http1), http2: s.client(http2)}
	var readers sync.WaitGroup
	for i := range crowd {
		readers.Go(func() {
			resp, err := clients[protocols[i%2]].Do(s.t.Context(), wire.Request{Method: http.MethodGet, Stream: url})
			if err != nil || string(resp.Body) != want {
				s.t.Errorf("reader %d: got %d, %d bytes, error %v, want the page", i, resp.Status, len(resp.Body), err)
			}
		})
	}
	readers.Wait()
}

// TestTailIsNeverStale reads the tail before and after appends: what was appended
// is there at once, and as long as nothing was, the server answers the tag of the
// page with 304.
func TestTailIsNeverStale(t *testing.T) {
	t.Parallel()
	s, seen := cachedStage(t)
	c, all := s.client(http2), ""
	s.create(c, "tail", plainText, "")
	for n := range 20 {
		line := fmt.Sprintf("line %d\n", n)
		s.append(c, "tail", plainText, line)
		all += line
		page := s.get(http.StatusOK, c, "tail?offset=-1", nil)
		if string(page.Body) != all || !page.UpToDate() {
			t.Fatalf("got %q, want %q, up to date", page.Body, all)
		}
		tag := wire.Header{"If-None-Match": page.Header.Get("ETag")}
		s.get(http.StatusNotModified, c, "tail?offset=-1", tag)
		asked := seen.of(http.MethodGet, "/v1/stream/tail?offset=-1")
		last := asked[len(asked)-1]
		if last.status != http.StatusNotModified || last.header.Get("If-None-Match") != tag["If-None-Match"] {
			t.Fatalf("got %d for the tag %q at the server, want 304 for %q",
				last.status, last.header.Get("If-None-Match"), tag["If-None-Match"])
		}
	}
}

// TestPageThatFills reads a page at the tail that is then followed by more: the
// page is the same, but it is no longer the last, and whoever asks by the tag it
// had must learn that.
func TestPageThatFills(t *testing.T) {
	t.Parallel()
	s, _ := cachedStage(t)
	c := s.client(http1)
	s.create(c, "fills", plainText, twoPages[:pageBytes])
	page := s.get(http.StatusOK, c, "fills", nil)
	if !page.UpToDate() {
		t.Fatal("got a page that is not up to date, want the tail")
	}
	s.append(c, "fills", plainText, "more")
	again := s.get(http.StatusOK, c, "fills", wire.Header{"If-None-Match": page.Header.Get("ETag")})
	if again.UpToDate() || again.Offset() != page.Offset() {
		t.Errorf("got up to date %v at %s, want the page up to %s, with more behind it", again.UpToDate(), again.Offset(), page.Offset())
	}
}

// TestNotKept asks twice for what must not come out of a cache: the server is
// asked twice, by the method that the client used.
func TestNotKept(t *testing.T) {
	t.Parallel()
	s, seen := cachedStage(t)
	c := s.client(http2)
	s.create(c, "notkept", plainText, twoPages)
	for _, test := range []struct {
		method, url string
		status      int
		cache       string
	}{
		{http.MethodGet, "notkept?offset=now", http.StatusOK, "MISS"},
		{http.MethodGet, "notkept?offset=-1&live=long-poll", http.StatusOK, ""},
		{http.MethodGet, "no-such-stream", http.StatusNotFound, ""},
		{http.MethodHead, "notkept", http.StatusOK, ""},
		{http.MethodOptions, "notkept", http.StatusNoContent, ""},
	} {
		for range 2 {
			resp := s.want(test.status, c, wire.Request{Method: test.method, Stream: test.url})
			if got := cached(resp); got != test.cache {
				t.Errorf("%s %s: got cache status %q, want %q", test.method, test.url, got, test.cache)
			}
		}
		if asked := len(seen.of(test.method, "/v1/stream/"+test.url)); asked != 2 {
			t.Errorf("%s %s: got %d requests at the server, want 2", test.method, test.url, asked)
		}
	}
	head := s.want(http.StatusOK, c, wire.Request{Method: http.MethodHead, Stream: "notkept"})
	page := s.get(http.StatusOK, c, "notkept", nil)
	if head.Offset() <= page.Offset() {
		t.Errorf("got HEAD at %s, want the tail, behind the first page, which ends at %s", head.Offset(), page.Offset())
	}
}

// TestOriginsAreKeptApart wants each origin of a list to get a page that names it,
// and none that is not listed, whoever was there first.
func TestOriginsAreKeptApart(t *testing.T) {
	t.Parallel()
	s, _ := newRecordedStage(t, env{
		"DS_SERVER__PAGE_BYTES": fmt.Sprint(pageBytes),
		"DS_HTTP__CORS_ORIGINS": "https://a.example,https://b.example",
	})
	c := s.client(http2)
	s.create(c, "shared", plainText, twoPages)
	for _, want := range []string{"MISS", "HIT"} {
		for origin, allowed := range map[string]string{
			"https://a.example": "https://a.example", "https://b.example": "https://b.example", "https://c.example": "",
		} {
			page := s.get(http.StatusOK, c, "shared", wire.Header{"Origin": origin})
			wantHeader(t, "page for "+origin, page, "Access-Control-Allow-Origin", allowed)
			wantHeader(t, "page for "+origin, page, "X-Cache-Status", want)
		}
	}
}

// TestExpiredPage comes back to two pages after their minute. nginx asks the server:
// about the one that is still there by its tag, after which it is fresh again; the
// other was deleted meanwhile, and is not found.
func TestExpiredPage(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for more than a minute")
	}
	t.Parallel()
	s, seen := cachedStage(t)
	c := s.client(http1)
	s.create(c, "aged", plainText, twoPages)
	s.create(c, "deleted", plainText, twoPages)
	tag := s.get(http.StatusOK, c, "aged", nil).Header.Get("ETag")
	s.get(http.StatusOK, c, "deleted", nil)
	s.want(http.StatusNoContent, c, wire.Request{Method: http.MethodDelete, Stream: "deleted"})
	time.Sleep(fresh + 2*time.Second)

	for _, want := range []string{"REVALIDATED", "HIT"} {
		page := s.get(http.StatusOK, c, "aged", nil)
		if cached(page) != want || string(page.Body) != twoPages[:pageBytes] {
			t.Errorf("got %s and %d bytes, want %s and the page", cached(page), len(page.Body), want)
		}
	}
	asked := seen.of(http.MethodGet, "/v1/stream/aged")
	if len(asked) != 2 {
		t.Fatalf("got %d requests at the server, want 2", len(asked))
	}
	if e := asked[1]; e.status != http.StatusNotModified || e.header.Get("If-None-Match") != tag {
		t.Errorf("got %d for the tag %q, want 304 for %s", e.status, e.header.Get("If-None-Match"), tag)
	}
	s.get(http.StatusNotFound, c, "deleted", nil)
}
