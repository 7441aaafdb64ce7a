package wire_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/wire"
)

func newClient(t *testing.T, handler http.HandlerFunc) *wire.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	client := wire.New(server.URL, 1)
	t.Cleanup(client.Close)
	return client
}

// TestCutAnswer wants what came of an answer, and the error.
func TestCutAnswer(t *testing.T) {
	client := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		io.WriteString(w, "half")
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	got, err := client.Do(t.Context(), wire.Request{Method: http.MethodGet, Stream: "s"})
	if err == nil || got.Status != http.StatusOK || string(got.Body) != "half" {
		t.Errorf("got status %d, body %q, error %v, want 200, %q and an error", got.Status, got.Body, err, "half")
	}
}

func TestResume(t *testing.T) {
	client := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		if got, want := r.Header.Get("Last-Event-ID"), "12"; got != want {
			t.Errorf("Last-Event-ID: got %q, want %q", got, want)
		}
		if got, want := r.URL.Query().Get("offset"), "-1"; got != want {
			t.Errorf("offset: got %q, want %q", got, want)
		}
		io.WriteString(w, "id: 15\nevent: control\ndata: {\"streamNextOffset\":\"15\"}\n\n")
	})
	live, err := client.Resume(t.Context(), "s", "12")
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	if batch, err := live.Next(); err != nil || batch.Control.StreamNextOffset != "15" {
		t.Errorf("got offset %q, error %v, want 15", batch.Control.StreamNextOffset, err)
	}
}

func TestFollowRefused(t *testing.T) {
	client := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusGone)
		io.WriteString(w, "deleted")
	})
	_, err := client.Follow(t.Context(), "s", "-1")
	var refused *wire.StatusError
	if !errors.As(err, &refused) || refused.Status != http.StatusGone || string(refused.Body) != "deleted" {
		t.Errorf("got %v, want a StatusError with status 410 and the body", err)
	}
}
