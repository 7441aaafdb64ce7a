package status_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzOrder: whatever is sent, what has to be confirmed is not done without.
func FuzzOrder(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `null`, `[]`, `{"pipeline":"a","confirm":"slot_a"}`, `{"pipeline":"a","confirm":"slot_a"}x`,
		`{"pipeline":"a","lsn":"0/20","confirm":"0/20"}`, `{"PIPELINE":"a","lsn":"FFFFFFFF/FFFFFFFF","confirm":"0/1"}`,
	} {
		f.Add("resync", seed)
		f.Add("skip-to", seed)
		f.Add("pause", seed)
	}
	f.Fuzz(func(t *testing.T, name, body string) {
		if name != "resync" && name != "skip-to" && name != "pause" {
			return
		}
		a, b, h := two()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/sync/"+name, strings.NewReader(body)))
		orders := len(a.told) + len(b.told)
		switch {
		case w.Code == http.StatusAccepted && orders == 1:
		case w.Code >= http.StatusBadRequest && w.Code < http.StatusInternalServerError && orders == 0:
		default:
			t.Fatalf("%s %q: got status %d and %d orders, want both or neither", name, body, w.Code, orders)
		}
		if name == "resync" && orders == 1 && !strings.Contains(body, "slot_") && !strings.Contains(body, `\u`) {
			t.Errorf("%s %q: got a resync, want the slot to be named", name, body)
		}
	})
}
