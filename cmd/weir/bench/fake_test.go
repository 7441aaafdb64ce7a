package bench_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// fake is a small server of the protocol that can be told to misbehave. Its
// offsets are numbers of bytes; JSON streams are not cut at messages.
type fake struct {
	*httptest.Server
	faults

	mu      sync.Mutex // guards everything below
	streams map[string][]byte
	changed chan struct{} // closed by the next append
	heard   []http.Header // of every append
	appends int           // so far, as are the next two
	pages   int
	served  int
	after   int // of served, when enough is called
	enough  context.CancelFunc
}

// faults is how a fake misbehaves. Numbers of appends count from 1, over all
// streams.
type faults struct {
	drop        int  // that append is acknowledged and never delivered
	dropFrom    int  // so are that one and all that follow
	repeat      int  // that one is delivered twice
	refuse      int  // from that one on, appends are answered 503
	hangUp      int  // that one is answered by closing the connection
	sseOnce     bool // an SSE answer ends after each piece of data
	noSSE       bool // subscribers are answered 429
	corrupt     bool // pages have a wrong byte
	shrinkAfter int  // after so many pages, they lack their last byte
	page        int  // bytes of a page; 0 = everything
	closeTCP    bool // every answer closes the connection
}

func newFake(t *testing.T, how faults) *fake {
	t.Helper()
	f := &fake{faults: how, streams: map[string][]byte{}, changed: make(chan struct{})}
	f.Server = httptest.NewServer(f)
	t.Cleanup(func() {
		f.CloseClientConnections()
		f.Close()
	})
	return f
}

// state returns the streams, the headers of every append, and how many there were.
// Requests that a measurement has left behind may still be served meanwhile.
func (f *fake) state() (streams map[string][]byte, heard []http.Header, appends int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.streams), f.heard, f.appends
}

// until returns a context that ends when the fake has got so many requests, from
// now on: measurements end by what has happened, however slow the machine is.
func (f *fake) until(requests int) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	f.mu.Lock()
	defer f.mu.Unlock()
	f.enough, f.after = cancel, f.served+requests
	return ctx
}

func (f *fake) count() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.served++; f.served == f.after {
		f.enough()
	}
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.count()
	if f.closeTCP {
		w.Header().Set("Connection", "close")
	}
	switch live := r.URL.Query().Get("live"); {
	case r.Method == http.MethodPut:
		f.put(w, r.URL.Path)
	case r.Method == http.MethodPost:
		f.post(w, r)
	case live == "sse":
		f.sse(w, r)
	case live == "long-poll":
		f.longPoll(w, r)
	default:
		f.read(w, r)
	}
}

func (f *fake) put(w http.ResponseWriter, path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.streams[path] = []byte{}
	w.WriteHeader(http.StatusCreated)
}

func (f *fake) post(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.appends++
	f.heard = append(f.heard, r.Header)
	stream, ok := f.streams[r.URL.Path]
	switch {
	case !ok:
		http.Error(w, "no such stream", http.StatusNotFound)
		return
	case f.hangUp == f.appends:
		panic(http.ErrAbortHandler)
	case f.refuse > 0 && f.appends >= f.refuse:
		http.Error(w, "the disk is on fire", http.StatusServiceUnavailable)
		return
	case f.drop == f.appends, f.dropFrom > 0 && f.appends >= f.dropFrom:
		body = nil
	case f.repeat == f.appends:
		body = append(body, body...)
	}
	if r.Header.Get("Content-Type") == "application/json" {
		body = joinArrays(stream, body)
		stream = nil
	}
	f.streams[r.URL.Path] = append(stream, body...)
	close(f.changed)
	f.changed = make(chan struct{})
	w.WriteHeader(http.StatusNoContent)
}

// joinArrays returns one JSON array of the messages of both.
func joinArrays(a, b []byte) []byte {
	if len(a) == 0 {
		return b
	}
	return []byte(strings.TrimSuffix(string(a), "]") + "," + strings.TrimPrefix(string(b), "["))
}

// from returns the stream's bytes from an offset on, and what the next change
// closes.
func (f *fake) from(r *http.Request) (page []byte, next int, upToDate bool, changed chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	stream := f.streams[r.URL.Path]
	offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
	offset = max(offset, 0) // -1 is the beginning
	page = stream[offset:]
	if f.page > 0 && len(page) > f.page {
		page = page[:f.page]
	}
	if f.corrupt && len(page) > 0 {
		page = append([]byte{page[0] + 1}, page[1:]...)
	}
	next = offset + len(page)
	upToDate = next == len(stream)
	if f.pages++; f.shrinkAfter > 0 && f.pages > f.shrinkAfter && len(page) > 0 {
		page = page[:len(page)-1]
	}
	return page, next, upToDate, f.changed
}

func (f *fake) read(w http.ResponseWriter, r *http.Request) {
	page, next, upToDate, _ := f.from(r)
	w.Header().Set("Stream-Next-Offset", strconv.Itoa(next))
	if upToDate {
		w.Header().Set("Stream-Up-To-Date", "true")
	}
	w.Write(page)
}

func (f *fake) longPoll(w http.ResponseWriter, r *http.Request) {
	page, next, _, changed := f.from(r)
	if len(page) == 0 {
		select {
		case <-changed:
			page, next, _, _ = f.from(r)
		case <-r.Context().Done():
			return
		}
	}
	w.Header().Set("Stream-Next-Offset", strconv.Itoa(next))
	w.Write(page)
}

func (f *fake) sse(w http.ResponseWriter, r *http.Request) {
	if f.noSSE {
		http.Error(w, "too many", http.StatusTooManyRequests)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	query := r.URL.Query()
	for {
		page, next, _, changed := f.from(r)
		if len(page) > 0 {
			fmt.Fprintf(w, "event: data\ndata:%s\n\n", page)
		}
		fmt.Fprintf(w, "event: control\ndata:{\"streamNextOffset\":\"%d\",\"upToDate\":true}\n\n", next)
		w.(http.Flusher).Flush()
		if f.sseOnce && len(page) > 0 {
			return
		}
		query.Set("offset", strconv.Itoa(next))
		r.URL.RawQuery = query.Encode()
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}

// figuresOf reads what a measurement with --json printed.
func figuresOf(t *testing.T, stdout string) map[string]any {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("got %q, want one JSON object: %v", stdout, err)
	}
	return got
}
