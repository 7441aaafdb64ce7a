package status_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/status"
)

// fake is a pipeline that notes what it is told.
type fake struct {
	status ingest.Status
	told   []string
}

func (f *fake) Status() ingest.Status { return f.status }
func (f *fake) Pause()                { f.told = append(f.told, "pause") }
func (f *fake) Resume()               { f.told = append(f.told, "resume") }
func (f *fake) Resync()               { f.told = append(f.told, "resync") }
func (f *fake) Refresh()              { f.told = append(f.told, "refresh") }
func (f *fake) SkipTo(to lsn.LSN) error {
	if to <= f.status.Confirmed {
		return ingest.ErrSkip
	}
	f.told = append(f.told, "skip to "+to.String())
	return nil
}

// request sends one, and returns the answer's status and its body, parsed.
func request(t *testing.T, h http.Handler, method, path, body string) (int, map[string]any) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	var parsed map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &parsed); err != nil {
		t.Fatalf("%s %s: got status %d and %q, want JSON", method, path, w.Code, w.Body)
	}
	want := "application/json"
	if w.Code >= http.StatusBadRequest {
		want = "application/problem+json"
		if parsed["status"] != float64(w.Code) || parsed["detail"] == "" {
			t.Errorf("%s %s: got the problem %v, want its status %d and a detail", method, path, parsed, w.Code)
		}
	}
	if got := w.Header().Get("Content-Type"); got != want {
		t.Errorf("%s %s: got content type %q, want %q", method, path, got, want)
	}
	return w.Code, parsed
}

func two() (a, b *fake, h http.Handler) {
	a = &fake{status: ingest.Status{Pipeline: "a", Slot: "slot_a", Confirmed: 0x10}}
	b = &fake{status: ingest.Status{Pipeline: "b", Slot: "slot_b"}}
	return a, b, status.Handler([]status.Pipeline{a, b}, zerolog.Nop())
}

func TestOrders(t *testing.T) {
	for _, test := range []struct {
		path, body string
		status     int
		told       string // of pipeline a
	}{
		{"pause", `{"pipeline":"a"}`, 202, "pause"},
		{"resume", `{"pipeline":"a"}`, 202, "resume"},
		{"tables", `{"pipeline":"a"}`, 202, "refresh"},
		{"resync", `{"pipeline":"a","confirm":"slot_a"}`, 202, "resync"},
		{"skip-to", `{"pipeline":"a","lsn":"0/20","confirm":"0/20"}`, 202, "skip to 0/20"},

		{"pause", ``, 400, ""},                    // of which of the two?
		{"pause", `{"pipeline":"c"}`, 404, ""},    //
		{"pause", `{"pipeline":"a"`, 400, ""},     //
		{"pause", `{"pipeline":"a"} {}`, 400, ""}, //
		{"pause", `{"pipelin":"a"}`, 400, ""},     //
		{"pause", `{"pipeline":"a","lsn":"0/20"}`, 400, ""},
		{"resume", `{"pipeline":"a","confirm":"slot_a"}`, 400, ""},
		{"resync", `{"pipeline":"a"}`, 400, ""},
		{"resync", `{"pipeline":"a","confirm":"slot_b"}`, 400, ""},
		{"resync", `{"pipeline":"a","confirm":"slot_a","lsn":"0/20"}`, 400, ""},
		{"skip-to", `{"pipeline":"a","lsn":"0/20"}`, 400, ""},
		{"skip-to", `{"pipeline":"a","lsn":"0/20","confirm":"0/21"}`, 400, ""},
		{"skip-to", `{"pipeline":"a","lsn":"here","confirm":"here"}`, 400, ""},
		{"skip-to", `{"pipeline":"a","lsn":"0/10","confirm":"0/10"}`, 409, ""},
		{"pause", `{"pipeline":"` + strings.Repeat("a", 20<<10) + `"}`, 400, ""},
	} {
		a, b, h := two()
		code, _ := request(t, h, http.MethodPost, "/sync/"+test.path, test.body)
		if told := strings.Join(a.told, ", "); code != test.status || told != test.told {
			t.Errorf("%s %.80s: got status %d and the orders %q, want %d and %q", test.path, test.body, code, told, test.status, test.told)
		}
		if len(b.told) > 0 {
			t.Errorf("%s %s: the other pipeline got %q, want nothing", test.path, test.body, b.told)
		}
	}
}

func TestOnePipelineNeedsNoName(t *testing.T) {
	only := &fake{status: ingest.Status{Pipeline: "a"}}
	h := status.Handler([]status.Pipeline{only}, zerolog.Nop())
	if code, _ := request(t, h, http.MethodPost, "/sync/pause", ""); code != http.StatusAccepted || len(only.told) != 1 {
		t.Errorf("pause: got status %d and the orders %q, want it to pause", code, only.told)
	}
}

func TestPauseWarns(t *testing.T) {
	a, _, h := two()
	a.status.Row = &row
	_, answer := request(t, h, http.MethodPost, "/sync/pause", `{"pipeline":"a"}`)
	if warning, _ := answer["warning"].(string); !strings.Contains(warning, "4096 bytes") {
		t.Errorf("pause: got the warning %q, want one with the 4096 bytes that are kept", warning)
	}
}

func TestOnlyPostsGiveOrders(t *testing.T) {
	a, _, h := two()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/sync/pause", nil))
	if w.Code != http.StatusMethodNotAllowed || len(a.told) > 0 {
		t.Errorf("GET /sync/pause: got status %d and the orders %q, want 405 and none", w.Code, a.told)
	}
}
