package problem_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/weirstreams/weir/stream/httpapi/problem"
)

func TestPlain(t *testing.T) {
	for detail, want := range map[string]string{
		"":                  `{"title":"Conflict","status":409}` + "\n",
		"say \"which\" one": `{"title":"Conflict","status":409,"detail":"say \"which\" one"}` + "\n",
	} {
		w := httptest.NewRecorder()
		problem.Plain(w, http.StatusConflict, detail)
		if w.Code != http.StatusConflict || w.Body.String() != want {
			t.Errorf("detail %q: got status %d and %q, want 409 and %q", detail, w.Code, w.Body, want)
		}
		for name, want := range map[string]string{"Content-Type": "application/problem+json", "Cache-Control": "no-store"} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("detail %q: got %s %q, want %q", detail, name, got, want)
			}
		}
	}
}
