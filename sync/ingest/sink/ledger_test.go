package sink_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/sink"
)

// TestLedgersStaySmall writes much more than a ledger keeps.
func TestLedgersStaySmall(t *testing.T) {
	w := newWorld(t)
	r := w.remote()
	defer r.Close()
	note := strings.Repeat("n", 20_000)
	for i := range 12 {
		mustPut(t, r, sink.Append{Stream: "s", Data: []byte("1,"), Position: position(i), Note: note})
		if err := r.Save(t.Context(), "control", note); err != nil {
			t.Fatal(err)
		}
	}
	all, _, err := w.engine.List("_sync/", "", 100)
	if err != nil || len(all) != 5 {
		t.Fatalf("streams of the sink itself: got %d, %v, want two for each ledger and one of names", len(all), err)
	}
	for _, l := range all {
		if l.Bytes > 64<<10 {
			t.Errorf("%s: got %d bytes, want at most 64 KiB", l.Name, l.Bytes)
		}
	}
	want := sink.State{Exists: true, Position: position(11), Note: note, Tail: 24}
	if st, err := w.remote().State(t.Context(), "s"); err != nil || st != want {
		t.Errorf("state: got %d bytes of note at %s, %v, want %d at %s", len(st.Note), st.Position, err, len(note), want.Position)
	}
}

// TestLedgerMoves cuts the requests off at each point while a ledger moves on, twice:
// the record is the one before or the one that is saved, and the next is saved well.
func TestLedgerMoves(t *testing.T) {
	for _, f := range []fault{cut, lost} {
		for last := range 10 {
			w := newWorld(t)
			r := w.remote()
			for i := range 3 {
				if err := r.Save(t.Context(), "control", record(i)); err != nil {
					t.Fatal(err)
				}
			}
			n := 0
			w.meddleWith(func(*http.Request) fault {
				if n++; n > last {
					return f
				}
				return none
			})
			saved := 2
			for r.Save(t.Context(), "control", record(saved+1)) == nil {
				saved++
			}
			r.Close()
			w.meddleWith(nil)
			r = w.remote()
			got, err := r.Load(t.Context(), "control")
			if err != nil || got != record(saved) && (f != lost || got != record(saved+1)) {
				t.Fatalf("after %d requests: got %.5q, %v, want %.5q", last, got, err, record(saved))
			}
			for i := 10; i < 16; i++ {
				if err := r.Save(t.Context(), "control", record(i)); err != nil {
					t.Fatalf("after %d requests: save of record %d: %v", last, i, err)
				}
			}
			if got, err := w.remote().Load(t.Context(), "control"); err != nil || got != record(15) {
				t.Fatalf("after %d requests: got %.5q, %v, want the last one", last, got, err)
			}
			r.Close()
		}
	}
}

// record is so long that each third makes the ledger move.
func record(i int) string { return fmt.Sprint(i, strings.Repeat("r", 20_000)) }

func wantRecord(t *testing.T, w *world, want string) {
	t.Helper()
	if got, err := w.remote().Load(t.Context(), "control"); err != nil || got != want {
		t.Fatalf("record: got %.5q, %v, want %.5q", got, err, want)
	}
}

// TestLateMove has the request arrive late that would have moved the ledger, when
// another instance has gone on in the same place.
func TestLateMove(t *testing.T) {
	w := newWorld(t)
	r := w.remote(func(o *sink.RemoteOptions) { o.Retries = -1 })
	defer r.Close()
	for i := range 2 {
		if err := r.Save(t.Context(), "control", record(i)); err != nil {
			t.Fatal(err)
		}
	}
	n := &network{w: w, faults: []fault{none, late}}
	w.meddleWith(n.pass)
	if err := r.Save(t.Context(), "control", record(2)); err == nil || len(n.held) != 1 {
		t.Fatalf("save without an answer: got %v and %d requests held, want an error and one", err, len(n.held))
	}
	if err := w.remote().Save(t.Context(), "control", "new"); err != nil {
		t.Fatal(err)
	}
	n.arrive(1)
	wantRecord(t, w, "new")
}

// TestLateBeginning has the request arrive again that began the ledger, when what it
// had made is deleted.
func TestLateBeginning(t *testing.T) {
	w := newWorld(t)
	r := w.remote()
	defer r.Close()
	n := &network{w: w, faults: []fault{late}}
	w.meddleWith(n.pass)
	for i := range 4 { // 0 and 1 are in one stream, 2 and 3 in the other
		if err := r.Save(t.Context(), "control", record(i)); err != nil {
			t.Fatal(err)
		}
	}
	n.faults = []fault{none, arrive}
	if err := r.Save(t.Context(), "control", record(4)); err == nil || len(n.held) != 0 {
		t.Fatalf("save behind a late request: got %v and %d requests held, want an error and none", err, len(n.held))
	}
	wantRecord(t, w, record(3))
}
