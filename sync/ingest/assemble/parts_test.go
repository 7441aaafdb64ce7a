package assemble_test

import (
	"fmt"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

// inParts returns a rig that sends a transaction out after every event, and whose
// session has crashed in the midst of one: red 1 is whole in its stream, red 2 and 3
// are hidden there, red 4 is not stored.
func inParts(t *testing.T, change func(o *assemble.Options)) (r *rig, whole, cut *tx) {
	o := defaults(t, truncateRoutes...)
	o.AtomicBytes = 1
	change(&o)
	r = newRig(t, o)
	whole = r.tx(inserted(red, "1"))
	cut = r.tx(inserted(red, "2"), inserted(red, "3"), inserted(red, "4"))
	if err := r.send(whole); err != nil {
		t.Fatal(err)
	}
	r.flush()
	frames := r.sender.frames(cut, nil)
	if err := handle(r.a, frames[:len(frames)-1]); err != nil {
		t.Fatal(err)
	}
	r.want("shared", put("red", "1"))
	r.open(0)
	return r, whole, cut
}

func unchanged(*assemble.Options) {}

// TestHiddenStaysHidden: transactions before the one of which a part is hidden, which
// come again first, do not show it.
func TestHiddenStaysHidden(t *testing.T) {
	r, whole, cut := inParts(t, unchanged)
	if err := r.send(whole); err != nil {
		t.Fatal(err)
	}
	r.flush()
	r.want("shared", put("red", "1"))
	if err := r.send(cut); err != nil {
		t.Fatal(err)
	}
	r.flush()
	r.want("shared", put("red", "1"), put("red", "2"), put("red", "3"), put("red", "4"))
}

// TestHiddenWithBadRow: a row that is left out behind hidden ones does not show them
// when others make room.
func TestHiddenWithBadRow(t *testing.T) {
	r, _, cut := inParts(t, func(o *assemble.Options) {
		o.BadRow = func(assemble.BadRow) error { return nil }
	})
	cut.changes[2].m = inserted(red, "\xff")
	cut.changes = append(cut.changes, change{at: cut.changes[2].at + 1, m: inserted(alone, "1")})
	frames := r.sender.frames(cut, nil)
	if err := handle(r.a, frames[:len(frames)-1]); err != nil {
		t.Fatal(err)
	}
	r.want("shared", put("red", "1"))
	if err := handle(r.a, frames[len(frames)-1:]); err != nil {
		t.Fatal(err)
	}
	r.flush()
	r.want("shared", put("red", "1"), put("red", "2"), put("red", "3"))
}

// TestHiddenToTheEnd: when a session is sent less of a transaction than the one before
// has stored, so that nothing is new, its end shows what there is.
func TestHiddenToTheEnd(t *testing.T) {
	r, _, cut := inParts(t, unchanged)
	cut.changes = cut.changes[:1]
	if err := r.send(cut); err != nil {
		t.Fatal(err)
	}
	r.flush()
	r.want("shared", put("red", "1"), put("red", "2"), put("red", "3"))
}

// TestHiddenFromCopies: what is appended between transactions does not show a part of
// one.
func TestHiddenFromCopies(t *testing.T) {
	r, _, cut := inParts(t, unchanged)
	err := r.a.Copied(t.Context(), []byte("shared"), func(buf []byte, _ string) ([]byte, string, error) {
		return append(buf, `"copied",`...), "chunk 1", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r.flush()
	r.want("shared", put("red", "1"))
	if err := r.send(cut); err != nil {
		t.Fatal(err)
	}
	r.flush()
	r.want("shared", put("red", "1"), put("red", "2"), put("red", "3"), `"copied"`, put("red", "4"))
}

// TestNoteAlone: a note is stored even if nothing comes with it.
func TestNoteAlone(t *testing.T) {
	r := newRig(t, defaults(t))
	r.do(inserted(alone, "1"))
	err := r.a.Copied(t.Context(), []byte("pg/public/alone"), func(buf []byte, _ string) ([]byte, string, error) {
		return buf, "copied", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r.flush()
	if st, err := r.sink.State(t.Context(), "pg/public/alone"); err != nil || st.Note != "copied" {
		t.Errorf("state: got %+v, %v, want the note", st, err)
	}
	r.want("pg/public/alone", put("alone", "1"))
}

// TestWideTransaction: a transaction with one row in each of many streams, of which
// nothing can go out before its end, does not try again with each row.
func TestWideTransaction(t *testing.T) {
	const streams = 300
	o := defaults(t, "table: public.by, template: 'rooms/{column:room}'")
	o.AtomicBytes = 2000
	r := newRig(t, o)
	stages := 0
	r.stage = func(b sink.Batch, _ lsn.LSN) error {
		stages++
		return b.Wait()
	}
	r.open(0)
	var messages []pgoutput.Message
	for i := range streams {
		messages = append(messages, inserted(by, "1", fmt.Sprint("room ", i)))
	}
	r.do(messages...)
	// An event has some 150 bytes, so there is something to do every seventh.
	if stages > streams/2 {
		t.Errorf("got %d batches, want at most %d", stages, streams/2)
	}
	names, err := r.engine.Owned("sync:t", "rooms/", "", streams+1)
	if err != nil || len(names) != streams {
		t.Errorf("got %d streams, %v, want %d", len(names), err, streams)
	}
}

// TestSkip: what was committed before the session's begin is not looked at again, and
// a commit right there is.
func TestSkip(t *testing.T) {
	r := newRig(t, defaults(t))
	before := r.tx(inserted(alone, "1"))
	at := r.tx(inserted(alone, "2"))
	at.commit = before.end
	r.open(before.end)
	for _, x := range []*tx{before, at} {
		if err := r.send(x); err != nil {
			t.Fatal(err)
		}
	}
	r.flush()
	r.want("pg/public/alone", put("alone", "2"))
	if got := r.a.End(); got != at.end {
		t.Errorf("end: got %v, want %v", got, at.end)
	}
}
