package sink_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

func mustPut(t *testing.T, s sink.Sink, a sink.Append) {
	t.Helper()
	if err := put(s, a); err != nil {
		t.Fatalf("append at %s: %v", a.Position, err)
	}
}

func wantContent(t *testing.T, w *world, name, want string) {
	t.Helper()
	if got := w.content(name); got != want {
		t.Fatalf("content of %s: got %s, want %s", name, got, want)
	}
}

// isAppend reports whether a request appends to a stream that is no ledger.
func isAppend(r *http.Request) bool {
	return r.Method == http.MethodPost && !strings.HasPrefix(r.URL.Path, "/v1/stream/_sync/")
}

func TestAnswersLost(t *testing.T) {
	for _, f := range []fault{busy, cut, lost, unsure} {
		w := newWorld(t)
		again := false
		w.meddleWith(func(*http.Request) fault { // every request needs two attempts
			if again = !again; again {
				return f
			}
			return none
		})
		r := w.remote()
		mustPut(t, r, sink.Append{Stream: "s", Data: []byte("1,"), Position: "1"})
		mustPut(t, r, sink.Append{Stream: "s", Data: []byte("2,"), Position: "2"})
		w.meddleWith(nil)
		wantContent(t, w, "s", "1,2,")
		r.Close()
	}
}

func TestGivesUp(t *testing.T) {
	w := newWorld(t)
	w.meddleWith(func(*http.Request) fault { return busy })
	r := w.remote()
	defer r.Close()
	_, err := r.Load(t.Context(), "control")
	if err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("load from a server that is busy for ever: got %v, want an error with 503", err)
	}
	if w.asked != 4 {
		t.Errorf("requests with 3 retries: got %d, want 4", w.asked)
	}
}

// TestBehindFailure stages an append while one to the same stream is under way that
// is going to fail.
func TestBehindFailure(t *testing.T) {
	w := newWorld(t)
	staged, failures := make(chan struct{}), 0
	w.meddleWith(func(*http.Request) fault {
		<-staged
		if failures++; failures <= 4 {
			return cut
		}
		return none
	})
	r := w.remote()
	defer r.Close()
	first, second := r.NewBatch(), r.NewBatch()
	for i, b := range []sink.Batch{first, second} {
		if err := b.Append(&sink.Append{Stream: "s", Data: []byte("1,"), Position: position(i)}); err != nil {
			t.Fatal(err)
		}
	}
	close(staged)
	if err := first.Wait(); err == nil {
		t.Error("first append: got no error, want one")
	}
	if err := second.Wait(); err == nil {
		t.Error("append behind one that failed: got no error, want one")
	}
	if st, err := r.State(t.Context(), "s"); err != nil || st != (sink.State{}) {
		t.Errorf("state afterwards: got %+v, %v, want none", st, err)
	}
}

func TestForeign(t *testing.T) {
	w := newWorld(t)
	r := w.remote()
	defer r.Close()
	foreign := func(name, contentType string) {
		t.Helper()
		_, _, err := w.engine.Create(&stream.CreateRequest{Name: name, ContentType: contentType, Body: []byte("[1]"), TTL: stream.NoTTL})
		if err != nil {
			t.Fatal(err)
		}
	}
	foreign("content", "application/json")
	foreign("text", "text/plain")
	mustPut(t, r, sink.Append{Stream: "ours", Data: []byte("1,"), Position: "1"})
	if _, err := w.engine.Append(&stream.AppendRequest{Name: "ours", ContentType: "application/json", Body: []byte("7")}); err != nil {
		t.Fatal(err)
	}
	if err := put(r, sink.Append{Stream: "ours", Data: []byte("2,"), Position: "2"}); err == nil {
		t.Error("append behind one of others: got no error, want one")
	}
	for _, name := range []string{"content", "text", "ours"} {
		if err := put(r, sink.Append{Stream: name, Data: []byte("2,"), Position: "2"}); !errors.Is(err, sink.ErrForeign) {
			t.Errorf("append to %s: got %v, want ErrForeign", name, err)
		}
	}
	if _, err := r.State(t.Context(), "ours"); !errors.Is(err, sink.ErrForeign) {
		t.Errorf("state of a stream that others have appended to: got %v, want ErrForeign", err)
	}
}

// TestOwnStreams: what a sink needs for itself is not there for others, whether or not
// it has been made.
func TestOwnStreams(t *testing.T) {
	w := newWorld(t)
	r := w.remote()
	defer r.Close()
	mustPut(t, r, sink.Append{Stream: "s", Data: []byte("1,"), Position: "1"})
	for _, name := range []string{"_sync/p/names/0", "_sync/p/names/1", "_sync/other/records/x"} {
		if _, err := r.State(t.Context(), name); !errors.Is(err, sink.ErrForeign) {
			t.Errorf("state of %s: got %v, want ErrForeign", name, err)
		}
	}
}

// TestFenced has an instance wake up after another one has taken over.
func TestFenced(t *testing.T) {
	w := newWorld(t)
	old, successor := w.remote(), w.remote()
	defer old.Close()
	defer successor.Close()
	mustPut(t, old, sink.Append{Stream: "s", Data: []byte("1,"), Position: "1"})
	if err := old.Save(t.Context(), "control", "old"); err != nil {
		t.Fatal(err)
	}
	mustPut(t, successor, sink.Append{Stream: "s", Data: []byte("2,"), Position: "2"})
	if err := successor.Save(t.Context(), "control", "new"); err != nil {
		t.Fatal(err)
	}
	if err := put(old, sink.Append{Stream: "s", Data: []byte("2,3,"), Position: "3"}); !errors.Is(err, sink.ErrFenced) {
		t.Errorf("append of the old instance: got %v, want ErrFenced", err)
	}
	// This one is so large that the ledger would move.
	if err := old.Save(t.Context(), "control", strings.Repeat("x", 1<<16)); !errors.Is(err, sink.ErrFenced) {
		t.Errorf("save of the old instance: got %v, want ErrFenced", err)
	}
	wantContent(t, w, "s", "1,2,")
	if got, err := w.remote().Load(t.Context(), "control"); err != nil || got != "new" {
		t.Errorf("record: got %.20q, %v, want that of the successor", got, err)
	}
	mustPut(t, successor, sink.Append{Stream: "s", Data: []byte("3,"), Position: "3"})
	wantContent(t, w, "s", "1,2,3,")
}

// TestDeleted has a request arrive that was meant for a stream of the same name.
func TestDeleted(t *testing.T) {
	w := newWorld(t)
	r := w.remote()
	defer r.Close()
	n := &network{w: w}
	mustPut(t, r, sink.Append{Stream: "s", Position: "1"})
	w.meddleWith(func(q *http.Request) fault {
		if isAppend(q) && len(n.held) == 0 {
			n.faults = []fault{late}
		}
		return n.pass(q)
	})
	mustPut(t, r, sink.Append{Stream: "s", Data: []byte("1,"), Position: "2"})
	if err := r.Delete(t.Context(), "s"); err != nil {
		t.Fatal(err)
	}
	mustPut(t, r, sink.Append{Stream: "s", Data: []byte("5,"), Position: "1"})
	n.arrive(1)
	mustPut(t, r, sink.Append{Stream: "s", Data: []byte("6,"), Position: "2"})
	wantContent(t, w, "s", "5,6,")
}

// TestRecreated has others delete a stream, and make it again.
func TestRecreated(t *testing.T) {
	w := newWorld(t)
	r := w.remote()
	mustPut(t, r, sink.Append{Stream: "s", Data: []byte("1,"), Position: "1"})
	mustPut(t, r, sink.Append{Stream: "s", Data: []byte("2,"), Position: "2"})
	r.Close()
	if err := w.engine.Delete("s"); err != nil {
		t.Fatal(err)
	}
	again := w.remote()
	defer again.Close()
	if st, err := again.State(t.Context(), "s"); err != nil || st != (sink.State{}) {
		t.Errorf("state of a stream that others have deleted: got %+v, %v, want none", st, err)
	}
	if _, _, err := w.engine.Create(&stream.CreateRequest{Name: "s", ContentType: "application/json", TTL: stream.NoTTL}); err != nil {
		t.Fatal(err)
	}
	r = w.remote()
	defer r.Close()
	if st, err := r.State(t.Context(), "s"); err != nil || st != (sink.State{Exists: true}) {
		t.Errorf("state of a stream that others have made again: got %+v, %v, want an empty one", st, err)
	}
	mustPut(t, r, sink.Append{Stream: "s", Data: []byte("1,"), Position: "1"})
	wantContent(t, w, "s", "1,")
}

func TestClosed(t *testing.T) {
	w := newWorld(t)
	r := w.remote()
	r.Close()
	r.Close()
	if err := put(r, sink.Append{Stream: "s", Position: "1"}); !errors.Is(err, context.Canceled) {
		t.Errorf("append after Close: got %v, want context.Canceled", err)
	}
	if w.asked != 0 {
		t.Errorf("requests after Close: got %d, want 0", w.asked)
	}
}

func TestHeader(t *testing.T) {
	got := ""
	redirects := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("Authorization")
		http.Redirect(rw, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	srv := httptest.NewServer(redirects)
	defer srv.Close()
	r, err := sink.NewRemote(t.Context(), "p", sink.RemoteOptions{URL: srv.URL, Header: http.Header{"Authorization": {"Bearer T"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.State(t.Context(), "s"); err == nil || !strings.Contains(err.Error(), "307") {
		t.Errorf("state behind a redirect: got %v, want an error with 307", err)
	}
	if got != "Bearer T" {
		t.Errorf("header: got %q, want %q", got, "Bearer T")
	}
}

func TestURL(t *testing.T) {
	for _, url := range []string{"", "localhost:4437", "ftp://h/", "http:///x", "http://u:p@h/", "http://h/?a=b", "http://h/#f", "http://%zz"} {
		_, err := sink.NewRemote(t.Context(), "p", sink.RemoteOptions{URL: url})
		if err == nil {
			t.Errorf("URL %q: got no error, want one", url)
		} else if strings.Contains(err.Error(), "u:p") {
			t.Errorf("URL %q: the error tells the password: %v", url, err)
		}
	}
}
