package httpapi_test

import (
	"encoding/base64"
	stdjson "encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/stream/httpapi"
)

func offset(n int64) string { return stream.Offset(n).String() }

func TestSSEHeaders(t *testing.T) {
	eachOutlet(t, func(t *testing.T, serve func(httpapi.Options) *server) {
		s := serve(httpapi.Options{})
		for contentType, encoding := range map[string]string{
			"text/plain": "", "application/json": "", "application/octet-stream": "base64", "image/png": "base64",
		} {
			s.must(201, "PUT", "s", "", "Content-Type: "+contentType)
			sub := s.subscribe("s", "offset=-1")
			for name, want := range map[string]string{
				"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "X-Accel-Buffering": "no",
				"Content-Length": "", "Stream-SSE-Data-Encoding": encoding, "X-Content-Type-Options": "nosniff",
				"Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "*", "ETag": "",
			} {
				if got := sub.header.Get(name); got != want {
					t.Errorf("%s of %s: got %q, want %q", name, contentType, got, want)
				}
			}
			if c := sub.control(); c.StreamNextOffset != start || !c.UpToDate || c.StreamClosed || c.StreamCursor == "" {
				t.Errorf("first event of an empty stream: got %+v, want it up to date at the start", c)
			}
			sub.Close()
			s.must(204, "DELETE", "s", "")
		}
	})
}

func TestSSEFollowsToTheEnd(t *testing.T) {
	eachOutlet(t, func(t *testing.T, serve func(httpapi.Options) *server) {
		s := serve(httpapi.Options{})
		s.must(201, "PUT", "s", "before\nevent: control", asText)
		sub := s.subscribe("s", "offset=-1")
		got, c := sub.data()
		if got != "before\nevent: control" || c.StreamNextOffset != offset(21) || !c.UpToDate {
			t.Errorf("catch-up: got %q, %+v, want all and up to date", got, c)
		}
		cursor := c.StreamCursor
		s.must(204, "POST", "s", "more", asText)
		if got, c = sub.data(); got != "more" || c.StreamNextOffset != offset(25) || c.StreamCursor < cursor {
			t.Errorf("live: got %q, %+v, want more, and no cursor before %s", got, c, cursor)
		}
		s.must(204, "POST", "s", "last", asText, closes)
		if got, c = sub.data(); got != "last" || !c.UpToDate || !c.StreamClosed || c.StreamCursor != "" {
			t.Errorf("end: got %q, %+v, want the last data and the end, without a cursor", got, c)
		}
		sub.end()

		sub = s.subscribe("s", "offset=now")
		if c := sub.control(); !c.UpToDate || !c.StreamClosed || c.StreamNextOffset != offset(29) {
			t.Errorf("at the end of a closed stream: got %+v, want its end", c)
		}
		sub.end()
	})
}

func TestSSECloseWithoutData(t *testing.T) {
	eachOutlet(t, func(t *testing.T, serve func(httpapi.Options) *server) {
		s := serve(httpapi.Options{})
		s.must(201, "PUT", "s", "x", asText)
		sub := s.subscribe("s", "offset=now")
		if c := sub.control(); c.StreamNextOffset != offset(1) || !c.UpToDate {
			t.Errorf("first event at now: got %+v, want the tail", c)
		}
		s.must(204, "POST", "s", "", closes)
		if c := sub.control(); !c.StreamClosed || !c.UpToDate {
			t.Errorf("event of a close: got %+v, want the end", c)
		}
		sub.end()
	})
}

// Pages of JSON over SSE: each event is an array of whole messages.
func TestSSEPagesOfJSON(t *testing.T) {
	s := serveStore(t, memstore.New(nil), &stream.Options{PageBytes: 10}, httpapi.Options{})
	s.must(201, "PUT", "s", `[1,"a,b",{"k":"long, longer, longest"},[2],3]`, asJSON)
	sub := s.subscribe("s", "offset=-1")
	var all []string
	for {
		got, c := sub.data()
		var page []stdjson.RawMessage
		if err := stdjson.Unmarshal([]byte(got), &page); err != nil || len(page) == 0 {
			t.Fatalf("event %q: got %v, want an array of messages", got, err)
		}
		for _, m := range page {
			all = append(all, string(m))
		}
		if c.UpToDate {
			break
		}
	}
	want := `1|"a,b"|{"k":"long, longer, longest"}|[2]|3`
	if got := strings.Join(all, "|"); got != want {
		t.Errorf("messages: got %s, want %s", got, want)
	}
}

func TestSSEBase64(t *testing.T) {
	s := serveStore(t, memstore.New(nil), &stream.Options{PageBytes: 10}, httpapi.Options{})
	want := "\x00\r\n\xff0123456789abcdefg"
	s.must(201, "PUT", "s", want)
	sub := s.subscribe("s", "offset=-1")
	var all string
	for {
		got, c := sub.data()
		b, err := base64.StdEncoding.DecodeString(got)
		if err != nil {
			t.Fatalf("event %q: got %v, want padded base64", got, err)
		}
		all += string(b)
		if c.UpToDate {
			break
		}
	}
	if all != want {
		t.Errorf("bytes: got %q, want %q", all, want)
	}
}

// What a reader catches up with comes in events of bounded size, since it may never
// take them; what is appended then comes as it was appended.
func TestSSEEventSizes(t *testing.T) {
	const size, most = 300_000, 64 << 10
	eachOutlet(t, func(t *testing.T, serve func(httpapi.Options) *server) {
		s := serve(httpapi.Options{})
		s.must(201, "PUT", "s", strings.Repeat("x", size), asText)
		sub := s.subscribe("s", "offset=-1")
		for read := 0; read < size; {
			got, _ := sub.data()
			if len(got) > most {
				t.Fatalf("event of a reader that catches up: got %d bytes, want at most %d", len(got), most)
			}
			read += len(got)
		}
		for range 3 {
			s.must(204, "POST", "s", strings.Repeat("y", size), asText)
			if got, _ := sub.data(); len(got) != size {
				t.Fatalf("event of an append of %d bytes: got %d, want all", size, len(got))
			}
		}
	})
}

func TestSSEKeepAlive(t *testing.T) {
	eachOutlet(t, func(t *testing.T, serve func(httpapi.Options) *server) {
		s := serve(httpapi.Options{KeepAlive: 5 * time.Millisecond})
		s.must(201, "PUT", "s", "", asText)
		sub := s.subscribe("s", "offset=-1")
		sub.control()
		for range 3 {
			if e := sub.next(); e.kind != comment || e.data != "" {
				t.Fatalf("quiet connection: got %+v, want a comment", e)
			}
		}
	})
}

// The end of a connection that lasted long enough is clean, also when the last
// write lies further back than a write may take.
func TestSSEReconnect(t *testing.T) {
	eachOutlet(t, func(t *testing.T, serve func(httpapi.Options) *server) {
		s := serve(httpapi.Options{Reconnect: 60 * time.Millisecond, WriteTimeout: 20 * time.Millisecond})
		s.must(201, "PUT", "s", "", asText)
		sub := s.subscribe("s", "offset=-1")
		sub.control()
		sub.end()
	})
}

func TestSSEDrain(t *testing.T) {
	eachOutlet(t, func(t *testing.T, serve func(httpapi.Options) *server) {
		s := serve(httpapi.Options{})
		s.must(201, "PUT", "s", "x", asText)
		sub := s.subscribe("s", "offset=-1")
		sub.data()
		s.handler.Drain(0)
		if c := sub.control(); c.StreamNextOffset != offset(1) || !c.UpToDate || c.StreamClosed {
			t.Errorf("last event of a server that stops: got %+v, want the position, and no end", c)
		}
		sub.end()
		a := s.raw(request("GET", "/readyz", ""))
		if a.StatusCode != 503 || !strings.Contains(a.body, "draining") {
			t.Errorf("readiness of a server that stops: got %d %s, want 503 and draining", a.StatusCode, a.body)
		}
	})
}

// A deleted stream ends the connection, without the end of the stream.
func TestSSEDeleted(t *testing.T) {
	eachOutlet(t, func(t *testing.T, serve func(httpapi.Options) *server) {
		s := serve(httpapi.Options{})
		s.must(201, "PUT", "s", "x", asText)
		sub := s.subscribe("s", "offset=-1")
		sub.data()
		s.must(204, "DELETE", "s", "")
		sub.end()
	})
}

func TestSSECursorIsAheadOfTheClients(t *testing.T) {
	eachOutlet(t, func(t *testing.T, serve func(httpapi.Options) *server) {
		s := serve(httpapi.Options{})
		s.must(201, "PUT", "s", "", asText)
		first := s.subscribe("s", "offset=-1").control().StreamCursor
		sub := s.subscribe("s", "offset=-1&cursor="+first)
		second := sub.control().StreamCursor
		if len(second) < len(first) || len(second) == len(first) && second <= first {
			t.Errorf("cursor for a client that sent %s: got %s, want a later one", first, second)
		}
		for range 5 {
			s.must(204, "POST", "s", "x", asText)
			if _, c := sub.data(); c.StreamCursor < second {
				t.Errorf("cursor: got %s after %s, want none earlier", c.StreamCursor, second)
			}
		}
	})
}
