package httpapi_test

import (
	"testing"

	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/stream/httpapi"
)

// A browser comes back with the URL that it began with and the last id it has
// seen, which wins.
func TestResumeByLastEventID(t *testing.T) {
	s := serve(t, httpapi.Options{})
	s.must(201, "PUT", "s", "onetwo", asText)
	for _, query := range []string{"offset=-1", "offset=now", "offset=" + offset(1), "x=y"} {
		sub := s.subscribe("s", query, "Last-Event-ID: "+offset(3))
		if got, c := sub.data(); got != "two" || !c.UpToDate {
			t.Errorf("with %s: got %q, %+v, want what follows the last event", query, got, c)
		}
		sub.Close()
	}
	sub := s.subscribe("s", "offset=-1", "Last-Event-ID:")
	if got, _ := sub.data(); got != "onetwo" {
		t.Errorf("with an empty id: got %q, want all", got)
	}
	// It says nothing to other reads.
	if a := s.do("GET", "s?offset="+offset(1), "", "Last-Event-ID: "+offset(3)); a.body != "netwo" {
		t.Errorf("catch-up with an id: got %q, want what follows the offset", a.body)
	}
}

// What was seen of a stream resumes without gap or overlap from every event.
func TestResumeFromEveryEvent(t *testing.T) {
	s := serveStore(t, memstore.New(nil), &stream.Options{PageBytes: 4}, httpapi.Options{})
	const all = "héllo wörld, €uro"
	s.must(201, "PUT", "s", all, asText)
	seen, id := "", ""
	for seen != all {
		var headers []string
		if id != "" {
			headers = []string{"Last-Event-ID: " + id}
		}
		sub := s.subscribe("s", "offset=-1", headers...)
		got, c := sub.data()
		seen, id = seen+got, c.StreamNextOffset
		sub.Close()
		if len(seen) > len(all) || seen != all[:len(seen)] {
			t.Fatalf("events so far: got %q, want the beginning of %q", seen, all)
		}
	}
}

// A browser that has seen the end would come back for ever if it were not told
// that there is no content.
func TestResumeAtTheEnd(t *testing.T) {
	s := serve(t, httpapi.Options{})
	s.must(201, "PUT", "s", "all", asText, closes)
	a := s.do("GET", "s?offset=-1&live=sse", "", "Last-Event-ID: "+offset(3))
	if a.StatusCode != 204 {
		t.Errorf("got %d, want 204", a.StatusCode)
	}
	wantHeaders(t, a, map[string]string{
		"Stream-Closed": "true", "Stream-Up-To-Date": "true", "Stream-Next-Offset": offset(3),
		"Cache-Control": "no-store", "Content-Type": "",
	})
	sub := s.subscribe("s", "offset=-1", "Last-Event-ID: "+offset(1))
	if got, c := sub.data(); got != "ll" || !c.StreamClosed {
		t.Errorf("before the end: got %q, %+v, want the rest and the end", got, c)
	}
	sub.end()
}
