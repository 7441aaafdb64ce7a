package kill_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"

	"github.com/weirstreams/weir/e2e/internal/wire"
	"github.com/weirstreams/weir/e2e/kill/ledger"
)

// writer appends to one incarnation until it is refused, or the stream is full.
type writer struct {
	*lab
	to   *incarnation
	name string
	rand *rand.Rand
	n    int // of the last append
	// doubt is true while the append at hand may be there although no answer
	// said so.
	doubt bool
}

// A way to write. Each stream has some of them.
var waysToWrite = map[string]func(*writer){
	"plain":     (*writer).writePlainly,
	"sequence":  (*writer).writeInSequence,
	"producer":  (*writer).produce,
	"bumper":    (*writer).produceWithNewEpochs,
	"pipeliner": (*writer).producePipelined,
}

func (w *writer) String() string {
	return fmt.Sprintf("writer %s of %v", w.name, w.to)
}

// next returns a new append.
func (w *writer) next() ledger.Append {
	w.n++
	w.doubt = false
	return ledger.Append{
		ID:    ledger.ID{Writer: w.name, N: w.n},
		Parts: 1 + w.rand.IntN(3),
		Pad:   w.pad(),
	}
}

// pad is mostly small, so that records meet each other's edges, and at times as
// large as a small page.
func (w *writer) pad() int {
	if w.rand.IntN(8) == 0 {
		return w.rand.IntN(2000)
	}
	return w.rand.IntN(60)
}

// post sends an append with further headers. Without an answer it is in doubt.
func (w *writer) post(a ledger.Append, header wire.Header) (wire.Response, *era, error) {
	all := wire.Header{"Content-Type": w.to.Kind().ContentType()}
	maps.Copy(all, header)
	resp, era, err := w.ask(wire.Request{
		Method: http.MethodPost, Stream: w.to.name, Header: all, Body: w.to.Kind().Body(a),
	}, func() { w.to.Sent(a.ID) })
	w.doubt = w.doubt || err != nil
	return resp, era, err
}

// acked notes an acknowledgement that names where the append ends.
func (w *writer) acked(a ledger.Append, resp wire.Response, e *era) {
	at, err := wire.Position(resp.Offset())
	if err != nil {
		w.broken(w, "acknowledged %+v: %v", a.ID, err)
		return
	}
	w.to.Acked(a.ID, at)
	w.to.grown(at)
	e.acked()
}

// refused judges a status that ends a writer's work.
func (w *writer) refused(resp wire.Response) {
	switch slug := problem(resp); {
	case resp.Status == http.StatusNotFound || resp.Status == http.StatusGone:
		if w.to.MayBeGone() {
			return
		}
	case slug == "closed":
		at, err := wire.Position(resp.Offset())
		if err == nil && resp.Closed() {
			err = w.to.ClosedAt(at)
		}
		if err == nil && resp.Closed() {
			return
		}
		w.broken(w, "refused as closed: Stream-Closed %t, %v", resp.Closed(), err)
		return
	case slug == "content-type-mismatch" && w.to.MayBeAnother():
		return
	}
	w.broken(w, "got status %d, which nothing explains: %v %s", resp.Status, resp.Header, resp.Body)
}

// writePlainly never sends an append twice.
func (w *writer) writePlainly() {
	for !w.to.isFull() {
		a := w.next()
		resp, era, err := w.post(a, nil)
		switch {
		case err != nil && w.ctx.Err() != nil:
			return
		case err != nil: // it may be there, once
		case resp.Status == http.StatusNoContent:
			w.acked(a, resp, era)
		default:
			w.refused(resp)
			return
		}
	}
}

// writeInSequence sends an append again until it is there: Stream-Seq keeps it
// from being there twice.
func (w *writer) writeInSequence() {
	for !w.to.isFull() {
		if !w.sendInSequence(w.next()) {
			return
		}
	}
}

func (w *writer) sendInSequence(a ledger.Append) (goOn bool) {
	header := wire.Header{"Stream-Seq": fmt.Sprintf("%08d", a.N)}
	for {
		resp, era, err := w.post(a, header)
		switch {
		case err != nil && w.ctx.Err() != nil:
			return false
		case err != nil:
		case resp.Status == http.StatusNoContent:
			w.acked(a, resp, era)
			return true
		case problem(resp) == "sequence-regression" && w.doubt:
			w.to.Repeated(a.ID)
			return true
		default:
			w.refused(resp)
			return false
		}
	}
}
