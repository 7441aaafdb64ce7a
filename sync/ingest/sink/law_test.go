package sink_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/sync/ingest/sink"
)

// source is what a database has committed: for each stream its events, in order. The
// position of an event is its number, from 1 on.
type source map[string][]string

func drawSource(t *rapid.T) source {
	s := source{}
	for _, name := range []string{"x", "y"} {
		n := rapid.IntRange(1, 9).Draw(t, "events")
		for i := range n {
			s[name] = append(s[name], fmt.Sprintf(`{"e":"%s%d%s"},`, name, i+1, strings.Repeat("]", i%7)))
		}
	}
	return s
}

func position(n int) string { return fmt.Sprintf("%04d", n) }

// network decides what happens to each request: it may be refused, lost before or
// after it was carried out, or be held up until its sender has given up on it.
type network struct {
	w      *world
	faults []fault // of the requests to come, as they come
	held   []*http.Request
}

// pass decides about a request. It is called for one at a time.
func (n *network) pass(r *http.Request) fault {
	// Reads change nothing, and to delete may not come late: see the ledger.
	if len(n.faults) == 0 || r.Method != http.MethodPost && r.Method != http.MethodPut {
		return none
	}
	f := n.faults[0]
	n.faults = n.faults[1:]
	switch f {
	case arrive:
		n.arrive(1)
		return none
	case late:
	default:
		return f
	}
	body, _ := io.ReadAll(r.Body)
	in := httptest.NewRequest(r.Method, r.URL.String(), bytes.NewReader(body))
	in.Header = r.Header.Clone()
	n.held = append(n.held, in)
	return cut
}

// arrive lets requests through that were held up.
func (n *network) arrive(most int) {
	for ; most > 0 && len(n.held) > 0; most-- {
		n.w.api.ServeHTTP(httptest.NewRecorder(), n.held[0])
		n.held = n.held[1:]
	}
}

// TestLaw copies a source to a server through process after process, each of which
// begins where State says, and ends at the first error. Whatever the network does,
// each stream holds every event once, in order.
func TestLaw(t *testing.T) {
	fates := rapid.SampledFrom([]fault{none, none, none, none, none, none, busy, cut, lost, unsure, late, late, arrive, arrive})
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		src := drawSource(t)
		n := &network{w: w, faults: rapid.SliceOfN(fates, 30, 30).Draw(t, "faults")}
		w.meddleWith(n.pass)
		for tries := 0; ; tries++ {
			err := process(t, w, src)
			if errors.Is(err, sink.ErrForeign) || tries > 200 {
				t.Fatalf("process %d: got %v, want it to end well, or with another error", tries, err)
			}
			if err == nil && len(n.faults) == 0 {
				break
			}
		}
		n.arrive(len(n.held))
		for err := errDied; err != nil; err = process(t, w, src) {
			if !errors.Is(err, errDied) {
				t.Fatalf("a process without faults: %v", err)
			}
		}
		for name, events := range src {
			if got, want := w.content(name), strings.Join(events, ""); got != want {
				t.Fatalf("stream %s: got %s, want %s", name, got, want)
			}
		}
	})
}

// longNote is so long that two of them make a ledger move.
var longNote = strings.Repeat("n", 30_000)

// errDied is the end of a process that has nothing to do with its requests.
var errDied = errors.New("killed")

// process copies what is missing, in appends that are cut anew.
func process(t *rapid.T, w *world, src source) error {
	r := w.remote(func(o *sink.RemoteOptions) {
		o.Retries = rapid.SampledFrom([]int{-1, 1, 2}).Draw(t, "retries")
		o.MaxRequestBytes = rapid.SampledFrom([]int{1, 30, 60, 1000}).Draw(t, "request bytes")
	})
	defer r.Close()
	for _, name := range []string{"x", "y"} {
		st, err := r.State(t.Context(), name)
		if err != nil {
			return err
		}
		done := 0
		fmt.Sscanf(st.Position, "%d", &done)
		if want := len(strings.Join(src[name][:done], "")); st.Tail != int64(want) {
			t.Fatalf("state of %s at position %q: got tail %d, want %d", name, st.Position, st.Tail, want)
		}
		for done < len(src[name]) {
			to := rapid.IntRange(done, len(src[name])).Draw(t, "to")
			data := strings.Join(src[name][done:to], "")
			note := longNote[:rapid.SampledFrom([]int{0, 1, 0, 1, 0, len(longNote)}).Draw(t, "note")]
			if err := put(r, sink.Append{Stream: name, Data: []byte(data), Position: position(to), Note: note}); err != nil {
				return err
			}
			if done = to; rapid.IntRange(0, 7).Draw(t, "die") == 0 {
				return errDied
			}
		}
	}
	return r.Save(t.Context(), "control", "all")
}
