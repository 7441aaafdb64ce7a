package sink_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/sink"
)

// atMost makes the proxy refuse appends that are larger.
func (w *world) atMost(n int64) {
	w.meddleWith(func(r *http.Request) fault {
		if isAppend(r) && r.ContentLength > n {
			return tooMuch
		}
		return none
	})
}

func TestParts(t *testing.T) {
	w := newWorld(t)
	w.atMost(100)
	r := w.remote()
	defer r.Close()
	var data strings.Builder
	for i := range 200 {
		fmt.Fprintf(&data, `{"n":[%d,"}],"]},`, i)
	}
	mustPut(t, r, sink.Append{Stream: "s", Data: []byte(data.String()), Position: "1", Note: "n"})
	wantContent(t, w, "s", data.String())
	want := sink.State{Exists: true, Position: "1", Note: "n", Tail: int64(data.Len())}
	if st, err := w.remote().State(t.Context(), "s"); err != nil || st != want {
		t.Errorf("state: got %+v, %v, want %+v", st, err, want)
	}
	if w.asked > 250 {
		t.Errorf("requests: got %d, want parts as large as they may be", w.asked)
	}
	large := `"` + strings.Repeat("x", 100) + `",`
	if err := put(r, sink.Append{Stream: "s", Data: []byte(large), Position: "2"}); err == nil || !strings.Contains(err.Error(), "413") {
		t.Errorf("append of a message that is too large by itself: got %v, want an error with 413", err)
	}
}

// TestTorn ends an append between two of its parts.
func TestTorn(t *testing.T) {
	small := func(o *sink.RemoteOptions) { o.MaxRequestBytes = 4 }
	tear := func(t *testing.T) *world {
		w := newWorld(t)
		r := w.remote(small)
		defer r.Close()
		mustPut(t, r, sink.Append{Stream: "s", Data: []byte("1,"), Position: "1", Note: "n"})
		parts := 0
		w.meddleWith(func(r *http.Request) fault {
			if isAppend(r) {
				parts++
			}
			if parts > 1 {
				return cut
			}
			return none
		})
		if err := put(r, sink.Append{Stream: "s", Data: []byte("2,3,4,5,"), Position: "5"}); err == nil {
			t.Fatal("append that is cut: got no error, want one")
		}
		w.meddleWith(nil)
		wantContent(t, w, "s", "1,2,3,")
		want := sink.State{Exists: true, Position: "1", Note: "n", Tail: 2}
		if st, err := w.remote().State(t.Context(), "s"); err != nil || st != want {
			t.Fatalf("state: got %+v, %v, want %+v", st, err, want)
		}
		return w
	}
	for name, again := range map[string][]sink.Append{
		"at once": {{Stream: "s", Data: []byte("2,3,4,5,"), Position: "5"}},
		"longer":  {{Stream: "s", Data: []byte("2,3,4,5,6,7,8,"), Position: "8"}},
		"shorter": {{Stream: "s", Data: []byte("2,"), Position: "2"}, {Stream: "s", Data: []byte("3,4,"), Position: "4"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := tear(t)
			all := "1,"
			for _, a := range again {
				r := w.remote(small)
				mustPut(t, r, a)
				r.Close()
				all += string(a.Data)
				want := sink.State{Exists: true, Position: a.Position, Tail: int64(len(all))}
				if st, err := w.remote().State(t.Context(), "s"); err != nil || st != want {
					t.Fatalf("state: got %+v, %v, want %+v", st, err, want)
				}
			}
			wantContent(t, w, "s", all)
		})
	}
	t.Run("other", func(t *testing.T) {
		w := tear(t)
		r := w.remote(small)
		defer r.Close()
		if err := put(r, sink.Append{Stream: "s", Data: []byte("2,9,4,5,"), Position: "5"}); err == nil {
			t.Error("append of other messages: got no error, want one")
		}
		wantContent(t, w, "s", "1,2,3,")
	})
}
