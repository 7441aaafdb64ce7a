package atomic_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/wire"
	"github.com/weirstreams/weir/e2e/postgres/atomic"
	"github.com/weirstreams/weir/e2e/postgres/event"
	"github.com/weirstreams/weir/e2e/postgres/fold"
)

const (
	headers = `"headers":{"operation":"insert","txid":"5","lsn":"0000000000000001-0000000000000001-%08d","last":%t}`
	begin   = `{"headers":{"control":"snapshot-start"}}`
	end     = `{"headers":{"control":"snapshot-end"}}`
)

func put(key, balance string, sub int, last bool) string {
	return fmt.Sprintf(`{"type":"a","key":"%s","value":{"balance":%s},`+headers+`}`, key, balance, sub, last)
}

// page is one answer of the server of serve.
type page struct {
	events   []string
	upToDate bool
}

// serve answers with the pages, each once: the offset is the number of the page
// to come. After the last one it fails, once in a while.
func serve(t *testing.T, pages []page) *wire.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := 0
		fmt.Sscan(r.URL.Query().Get("offset"), &at)
		at = max(at, 0)
		if at >= len(pages) {
			http.Error(w, "no more", http.StatusServiceUnavailable)
			return
		}
		data, next := "["+strings.Join(pages[at].events, ",")+"]", fmt.Sprint(at+1)
		if r.URL.Query().Get("live") == "sse" {
			fmt.Fprintf(w, "event: data\nid: %s\ndata:%s\n\n", next, data)
			fmt.Fprintf(w, "event: control\nid: %s\ndata:{\"streamNextOffset\":%q,\"upToDate\":%t}\n\n", next, next, pages[at].upToDate)
			return
		}
		w.Header().Set("Stream-Next-Offset", next)
		if pages[at].upToDate {
			w.Header().Set("Stream-Up-To-Date", "true")
		}
		fmt.Fprint(w, data)
	}))
	t.Cleanup(server.Close)
	client := wire.New(server.URL, 4)
	t.Cleanup(client.Close)
	return client
}

// TestReaders has both kinds of reader see the same pages.
func TestReaders(t *testing.T) {
	whole := page{[]string{put("1", "40", 0, false), put("2", "60", 1, true)}, true}
	for name, c := range map[string]struct {
		pages []page
		want  string // the fault; empty for none
	}{
		"whole":             {[]page{whole, {[]string{put("1", "50", 2, false), put("2", "50", 3, true)}, true}}, ""},
		"torn, not at tail": {[]page{{whole.events[:1], false}, {whole.events[1:], true}}, ""},
		"torn":              {[]page{{whole.events[:1], true}, {whole.events[1:], true}}, "goes on after"},
		"another sum":       {[]page{whole, {[]string{put("1", "41", 2, true)}, true}}, "got the sum 101 over 2 rows, want 100"},
		"in a copy":         {[]page{{[]string{begin, whole.events[0]}, true}, {[]string{whole.events[1], end}, true}}, ""},
		"no event":          {[]page{{[]string{`{"no":"event"}`}, true}, {[]string{end}, true}}, "got no type"},
	} {
		for _, mode := range []atomic.Mode{atomic.SSE, atomic.LongPoll} {
			t.Run(name+"/"+string(mode), func(t *testing.T) {
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				reader := atomic.Watch(ctx, serve(t, c.pages), "s", mode, atomic.ConstantSum("a", "balance", 100))
				awaitBoundaries(t, reader, c.pages)
				stop()
				reader.Wait()
				got := fmt.Sprint(reader.Faults())
				if c.want == "" && got != "[]" || !strings.Contains(got, c.want) {
					t.Errorf("got the faults %s, want %q", got, c.want)
				}
			})
		}
	}
}

// TestCount has both kinds of reader count changes over pages, of which one ends in the
// middle of three.
func TestCount(t *testing.T) {
	three := []string{put("1", "40", 0, false), put(`\"headers\":{\"operation\":\"`, "60", 1, false), put("3", "0", 2, true)}
	for name, c := range map[string]struct {
		pages []page
		want  string
	}{
		"whole": {[]page{{[]string{begin, end}, true}, {three[:1], false}, {three[1:], true}}, ""},
		"torn":  {[]page{{[]string{begin, end}, true}, {three[:1], true}, {three[1:], true}}, "got 1 of 3"},
	} {
		for _, mode := range []atomic.Mode{atomic.SSE, atomic.LongPoll} {
			t.Run(name+"/"+string(mode), func(t *testing.T) {
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				reader := atomic.Count(ctx, serve(t, c.pages), "s", mode, func(changes int) error {
					if changes%3 != 0 {
						return fmt.Errorf("got %d of 3", changes)
					}
					return nil
				})
				awaitBoundaries(t, reader, c.pages)
				stop()
				reader.Wait()
				got := fmt.Sprint(reader.Faults())
				if c.want == "" && got != "[]" || !strings.Contains(got, c.want) {
					t.Errorf("got the faults %s, want %q", got, c.want)
				}
			})
		}
	}
}

func awaitBoundaries(t *testing.T, reader *atomic.Reader, pages []page) {
	t.Helper()
	want := 0
	for _, p := range pages {
		if p.upToDate {
			want++
		}
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); <-tick.C {
		if _, got := reader.Seen(); got >= want || len(reader.Faults()) > 0 {
			return
		}
	}
	_, got := reader.Seen()
	t.Errorf("got %d boundaries, want %d", got, want)
}

func TestConstantSum(t *testing.T) {
	judge := atomic.ConstantSum("a", "balance", 3)
	for values, want := range map[string]bool{"": true, "3": true, "1 2": true, "2 2": false, "x": false} {
		var events []event.Event
		for i, value := range strings.Fields(values) {
			events = append(events, event.Event{
				Type: "a", Key: fmt.Sprint(i), Value: fmt.Appendf(nil, `{"balance":%q}`, value),
				Headers: event.Headers{Operation: event.Insert},
			})
			if value != "x" {
				events[i].Value = fmt.Appendf(nil, `{"balance":%s}`, value)
			}
		}
		state, err := fold.Of(events)
		if err != nil {
			t.Fatal(err)
		}
		if err := judge(state); (err == nil) != want {
			t.Errorf("balances %q: got %v, want it right: %t", values, err, want)
		}
	}
}
