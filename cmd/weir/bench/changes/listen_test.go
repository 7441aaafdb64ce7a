package changes_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/weirstreams/weir/cmd/weir/bench/changes"
)

// TestSubscriberEnds: whoever ends a subscriber that still waits for rows is sure that
// it touches nothing any more.
func TestSubscriberEnds(t *testing.T) {
	listening := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		close(listening)
		<-r.Context().Done()
	}))
	defer s.Close()
	heard, end := changes.Subscribe(t.Context(), 2, s.URL)
	<-listening
	end()
	select {
	case <-heard:
	default:
		t.Error("got a subscriber that still listens, want none")
	}
	end() // may be called again
}
